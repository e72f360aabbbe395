import type { IncomingMessage } from 'node:http';

/** Whether a WebSocket that is asked for may have that subprotocol. @see RFC 6455 §11.3.4 */
export const offersSubprotocol = (
  { headers }: Pick<IncomingMessage, 'headers'>,
  subprotocol: string,
): boolean =>
  (headers['sec-websocket-protocol'] ?? '').split(',').some((name) => name.trim() === subprotocol);
