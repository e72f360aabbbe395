/** A WebSocket as rooms need it; one of `ws` fits with a few lines around it. Nothing here throws, also after the end. */
export interface RoomSocket {
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  send(text: string): void;
  /** Nobody may change them any more. */
  sendBytes(bytes: Uint8Array): void;
  ping(): void;
  /** Begins the closing handshake. */
  close(code: number, reason: string): void;
  /** Ends the connection at once. */
  terminate(): void;
}

/** What rooms do with what a WebSocket brings. Nothing in here throws. */
export interface RoomSocketSink {
  /** A text message in UTF-8. */
  text(message: Uint8Array): void;
  /** Nobody else uses its memory. */
  binary(message: Uint8Array): void;
  /** The other side answered a ping, or sent one. */
  alive(): void;
  /** It is over, for whatever reason; called once. */
  closed(): void;
}
