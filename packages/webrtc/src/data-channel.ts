/** A data channel of either kind; messages keep their bounds. */
export interface DataChannel {
  /** The number of its SCTP stream. */
  readonly id: number;
  readonly label: string;
  /**
   * Sends a message: text goes as text, bytes as binary; they are copied before this returns.
   * @returns false when dropped: not open, longer than the peer takes, or more than the highest mark (1 MiB) would wait.
   */
  send(message: string | Uint8Array): boolean;
  /** Bytes given to `send` that have not left yet, those that the peer has not confirmed among them. */
  readonly bufferedAmount: number;
  /**
   * Calls `listener` once, when at most `bytes` wait (before this returns when that is so already) or the channel closed.
   */
  whenAtMost(bytes: number, listener: () => void): void;
  /**
   * Calls `listener` with each message from now on; bytes are its to keep.
   * @returns a function that ends it.
   */
  subscribe(listener: (message: string | Uint8Array) => void): () => void;
  /** Calls `listener` once the channel is closed, by either side; before this returns when it is already. */
  closed(listener: () => void): void;
  /** May be called again; never throws. */
  close(): void;
}

/** A data channel that both ends know of beforehand: nothing on the wire opens it (RFC 8832 §4, external negotiation). */
export interface NegotiatedChannel {
  /** The number of its SCTP stream, 0…1023. */
  readonly id: number;
  /** Ours alone: the peer does not hear of it. */
  readonly label: string;
  readonly ordered: boolean;
  /** How often a lost message is sent again; until it arrives when left out. */
  readonly maxRetransmits?: number;
}
