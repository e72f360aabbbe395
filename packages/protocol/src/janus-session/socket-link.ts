import { serializeJanusRequest } from '../janus/index.ts';
import { type JanusFault, passing } from './janus-fault.ts';
import { type JanusLinkOpener, MAX_SERVER_TEXT_CHARS } from './janus-link.ts';

/** A WebSocket, as whoever uses this has it; with the subprotocol `janus-protocol`. */
export interface JanusSocket {
  send(text: string): void;
  close(): void;
}

/** Opens a WebSocket; handlers are called later than it returns. `fault` says what is known of why it is over. */
export type JanusSocketOpener = (handlers: {
  readonly opened: () => void;
  readonly text: (text: string) => void;
  readonly closed: (fault: JanusFault) => void;
}) => JanusSocket;

/** Talks with Janus over WebSockets. */
export const janusSocketLink =
  (openSocket: JanusSocketOpener): JanusLinkOpener =>
  ({ opened, received, lost }) => {
    let over = false;
    const end = (fault: JanusFault): void => {
      if (over) return;
      over = true;
      lost(fault);
    };
    const socket = openSocket({
      opened: () => {
        if (!over) opened();
      },
      text: (text) => {
        if (over) return;
        if (text.length <= MAX_SERVER_TEXT_CHARS) {
          received(text);
          return;
        }
        socket.close();
        end(passing('janus/no-janus', `The server sent a message of ${text.length} characters.`));
      },
      closed: end,
    });
    return {
      send: (request) => {
        if (!over) socket.send(serializeJanusRequest(request));
      },
      close: () => {
        over = true;
        socket.close();
      },
    };
  };
