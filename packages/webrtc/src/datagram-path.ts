/** Where one peer's datagrams go. */
export interface DatagramPath {
  /** Sends one datagram; takes its memory over. Returns at once; what cannot be sent is lost. */
  send(datagram: Uint8Array): void;
  /** Bytes that the socket has taken and the system has not; a peer that reads too slowly shows here. */
  readonly queuedBytes: number;
}
