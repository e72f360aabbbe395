/** A two-way channel of text messages to one peer. */
export interface TextPipe {
  /**
   * Sends a message.
   * @returns false when it was dropped: the channel is not open, or too much waits before it.
   */
  send(text: string): boolean;
  /**
   * Calls `listener` with each message from now on.
   * @returns a function that ends it.
   */
  subscribe(listener: (text: string) => void): () => void;
  /** Calls `listener` once the channel is closed, by either side. */
  closed(listener: () => void): void;
  /** May be called again; never throws. */
  close(): void;
}
