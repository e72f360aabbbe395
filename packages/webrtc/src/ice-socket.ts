import type { DirectPath } from './datagram-path.ts';

/** Where a datagram came from or goes to: an IP address and a port. */
export type RemoteAddress = readonly [host: string, port: number];

/**
 * Takes one datagram and where it came from; the memory is the taker's.
 * @returns whether it is a request or a response that its sender signed, which proves that the sender is the peer
 */
export type DatagramListener = (datagram: Buffer, from: RemoteAddress) => boolean;

/** One local candidate's socket, as an ICE agent uses it: its own, or its part of one that many share. */
export interface IceSocket {
  readonly transport: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  readonly closed: boolean;
  /** Datagrams of this agent that could not be sent, where that can be told. */
  readonly sendFailures: number;
  listener: DatagramListener;
  /** Bytes that wait for the system to take them, on the way to `to`. */
  queuedBytes(to: RemoteAddress): number;
  /** The way to `to` for code that sends by itself; undefined where there is none such. */
  directPath(to: RemoteAddress): DirectPath | undefined;
  /** Sends one datagram; `host` is an IP address. Takes its memory over. */
  send(datagram: Uint8Array, host: string, port: number): void;
  /** What was sent before still goes out. May be called again. */
  close(): Promise<void>;
}
