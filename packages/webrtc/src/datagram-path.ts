/** A way that goes straight out of a UDP socket, for code that sends by itself. */
export interface DirectPath {
  /** File descriptor of the socket; it may be closed at any time. */
  readonly descriptor: number;
  /** Stands for the socket: the same object for all ways out of one. Only one way goes out of it, unless given. */
  readonly socket?: object;
  /** IP address. */
  readonly host: string;
  readonly port: number;
}

/** Where one peer's datagrams go. */
export interface DatagramPath {
  /** Sends one datagram; takes its memory over. Returns at once; what cannot be sent is lost. */
  send(datagram: Uint8Array): void;
  /** Bytes that the socket has taken and the system has not; a peer that reads too slowly shows here. */
  readonly queuedBytes: number;
  /** The same object for as long as the way is the same; undefined where there is none such, e.g. by a relay. */
  readonly direct: DirectPath | undefined;
}
