import type { DatagramPath, SrtpKeys } from '@pinhole/webrtc';

/** The packets of one access unit on their way to one viewer. */
export interface RtpRun {
  /** Shared by all viewers; not to be changed. */
  readonly payloads: readonly Uint8Array[];
  /** Which packet carries the marker; that of the last payload unless said otherwise. */
  readonly marker?: 'last' | 'none';
  /** Index of the first packet as SRTP counts: 65536 × rollover counter + sequence number (RFC 3711 §3.3.1). */
  readonly firstIndex: number;
  /** 0…2^32−1. */
  readonly timestamp: number;
  /**
   * The header extension with its own header (RFC 8285 §4.2), whole 32-bit words; empty when none was agreed on. Written
   * over once the sender has returned.
   */
  readonly extension: Uint8Array;
  /** Where in `extension` the transport-wide sequence number of each packet goes, and that of the first packet. */
  readonly transportSequence?: { readonly offset: number; readonly first: number };
}

/** What sending needs to know of a viewer. */
export interface RtpSenderOptions {
  readonly keys: SrtpKeys;
  readonly path: DatagramPath;
  readonly ssrc: number;
  readonly payloadType: number;
}

/**
 * One viewer's RTP on its way out: header, encryption and socket. Everything that is the same for all viewers (payloads)
 * or decides anything (which unit, which sequence number, what to send again) stays outside.
 *
 * What an implementation must do:
 * - `send` writes one datagram a payload: 12 bytes of RTP header (V=2, X when `extension` has bytes, M as the run's
 *   `marker` says), the extension, the payload encrypted, the authentication tag. It returns at once. An implementation that
 *   works on another thread takes what it needs of `extension` before it returns; payloads never change.
 * - `resend` writes the one packet byte for byte as `send` did. Anything else would use a nonce twice, which with GCM
 *   gives the key away (RFC 7714 §8.2).
 * - It keeps the order of calls, and drops rather than waits when the socket is full.
 * - After `close` it does nothing, and holds neither keys nor memory of payloads.
 */
export interface RtpSender {
  /** @returns bytes handed to the socket, headers and tags included. */
  send(run: RtpRun): number;
  /** Sends the packet at `position` of a run again. */
  resend(run: RtpRun, position: number): void;
  /** 0…1: what waits here, where packets do not go by the path; absent where they do, and wait there. */
  readonly pressure?: number | undefined;
  /** Packets that were dropped here, or that the system did not take; absent where the path counts them. */
  readonly droppedPackets?: number;
  close(): void;
}

/** What a fan-out did for all viewers since it was opened. */
export interface FanoutCounters {
  readonly packetsSent: number;
  readonly systemCalls: number;
  /** Packets that the system did not take. */
  readonly packetsRefused: number;
  /** Packets that were dropped because too many waited for a viewer already. */
  readonly packetsOverflowed: number;
  /** Processor time of its threads, in microseconds; 0 where the system does not tell. */
  readonly cpuMicros: number;
}

/** What a fan-out that is not TypeScript's can tell of itself and of why it is not there. */
export interface OwnedFanout extends Fanout {
  /** What threads of its own did so far; absent where it has none. */
  readonly counters?: FanoutCounters;
  /** Ends what it runs; its senders send nothing more. */
  close(): void;
}

/** Makes senders: in TypeScript here, natively where an addon for the machine exists. */
export interface Fanout {
  readonly name: string;
  /** Senders that go this way now. */
  readonly senders?: number;
  open(options: RtpSenderOptions): RtpSender;
}
