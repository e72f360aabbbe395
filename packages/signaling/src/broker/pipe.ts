/** A connection that carries MQTT's bytes: TCP, TLS or a WebSocket. Nothing here throws, also after the end. */
export interface BrokerPipe {
  /** Of the other side, for limits and logs. */
  readonly address: string;
  /** Bytes that wait to be sent. */
  readonly bufferedBytes: number;
  /** Whoever is on the other side said who they are, and was let in. */
  identified(): void;
  write(bytes: Uint8Array): void;
  /** Sends what was written, then ends; the other side has a second for it. */
  end(): void;
}

/** Where what a connection brings goes. Nothing in here throws. */
export interface BrokerInput {
  /** The bytes become the receiver's own. */
  bytes(chunk: Uint8Array): void;
  /** It is over, for whatever reason; called once. */
  closed(): void;
}
