import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';

/** A WebSocket, for those who look after heartbeats and queues themselves. Nothing here throws, also after the end. */
export interface PlainSocket {
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  send(text: string): void;
  /** Sends a binary message; the bytes are not changed any more. */
  sendBytes(bytes: Uint8Array): void;
  ping(): void;
  /** Begins the closing handshake; nobody waits for its end. */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** What somebody does with what one brings. Nothing in here may throw. */
export interface PlainSink {
  /** A text message in UTF-8. */
  text(message: Uint8Array): void;
  /** Nobody else uses its memory. */
  binary(message: Uint8Array): void;
  /** The other side answered a ping, or sent one. */
  alive(): void;
  /** It is over, for whatever reason; called once. */
  closed(): void;
}

/** WebSockets without habits of their own: whoever takes them decides. */
export class PlainSockets {
  readonly #server: WebSocketServer;

  /**
   * @param options.maxMessageBytes a longer message ends the connection with code 1009
   * @param options.subprotocol the one that is chosen; default: the first that is offered
   */
  constructor({
    maxMessageBytes,
    subprotocol,
  }: { readonly maxMessageBytes: number; readonly subprotocol?: string }) {
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload: maxMessageBytes,
      perMessageDeflate: false,
      // One that carries a token must not come back in the answer.
      handleProtocols: (offered) =>
        [...offered].find((name) => (subprotocol ? name === subprotocol : !name.startsWith('bearer.'))) ??
        false,
    });
  }

  /** Takes an HTTP upgrade; `use` gets the open socket and says where its messages go. */
  accept(
    {
      request,
      socket,
      head,
    }: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
    use: (socket: PlainSocket) => PlainSink,
  ): void {
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const isOpen = (): boolean => webSocket.readyState === webSocket.OPEN;
      const sink = use({
        get bufferedBytes() {
          return webSocket.bufferedAmount;
        },
        send: (text) => {
          if (isOpen()) webSocket.send(text);
        },
        sendBytes: (bytes) => {
          if (isOpen()) webSocket.send(bytes);
        },
        ping: () => {
          if (isOpen()) webSocket.ping();
        },
        close: (code, reason) => webSocket.close(code, reason),
        terminate: () => webSocket.terminate(),
      });
      webSocket.on('error', () => {}); // `close` follows
      webSocket.on('pong', () => sink.alive());
      webSocket.on('ping', () => sink.alive());
      webSocket.on('message', (payload, isBinary) => {
        // One buffer a message: ws gives a list only where it was told to.
        const { buffer, byteOffset, byteLength } = payload as Buffer;
        const bytes = new Uint8Array(buffer, byteOffset, byteLength);
        if (isBinary) sink.binary(bytes);
        else sink.text(bytes);
      });
      webSocket.on('close', () => sink.closed());
    });
  }
}
