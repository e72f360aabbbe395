import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';

/** A WebSocket on which the other side sends. */
export interface MessageSocket {
  /** Sends text. */
  send(text: string): void;
  /** Says goodbye; the connection is gone soon, whatever the other side does. */
  close(code: number, reason: string): void;
}

/** What somebody does with the messages of one. Nothing in here may throw. */
export interface MessageSink {
  /** A message, whole. Nobody else uses its memory. */
  binary(message: Uint8Array): void;
  text(message: string): void;
  /** It is over, for whatever reason; called once. */
  closed(): void;
}

/** What sockets are made with. */
export interface MessageSocketsOptions {
  /** A longer message ends the connection with code 1009. */
  readonly maxMessageBytes: number;
  /** The subprotocol that is chosen where it is offered. */
  readonly subprotocol: string;
}

/** One that says nothing for so long, not even to a ping, is gone. */
const SILENCE_MS = 30_000;
const PING_EVERY_MS = 10_000;
/** How long the other side may take over its goodbye. */
const GOODBYE_MS = 1_000;

/** WebSockets for those who send rather than watch. */
export class MessageSockets {
  readonly #server: WebSocketServer;

  constructor({ maxMessageBytes, subprotocol }: MessageSocketsOptions) {
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      handleProtocols: (offered) => (offered.has(subprotocol) ? subprotocol : false),
    });
  }

  /** Takes an HTTP upgrade; `use` gets the open socket and says where its messages go. */
  accept(
    {
      request,
      socket,
      head,
    }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
    use: (socket: MessageSocket) => MessageSink,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      let heardAt = performance.now();
      const heard = (): void => {
        heardAt = performance.now();
      };
      const pings = setInterval(() => {
        if (performance.now() - heardAt > SILENCE_MS) webSocket.terminate();
        else webSocket.ping();
      }, PING_EVERY_MS);
      const sink = use({
        send: (text) => webSocket.send(text),
        close: (code, reason) => {
          webSocket.close(code, reason.slice(0, 120));
          setTimeout(() => webSocket.terminate(), GOODBYE_MS).unref();
        },
      });
      webSocket.on('error', () => {}); // `close` follows
      webSocket.on('pong', heard);
      webSocket.on('ping', heard);
      webSocket.on('message', (payload, isBinary) => {
        heard();
        // One buffer a message: ws gives a list only where it was told to.
        const bytes = payload as Buffer;
        if (isBinary) sink.binary(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength));
        else sink.text(bytes.toString());
      });
      webSocket.on('close', () => {
        clearInterval(pings);
        sink.closed();
      });
    });
  }
}
