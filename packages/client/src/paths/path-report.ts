import type { FrameCounters } from '../players/player.ts';

/** What a path has done since it was opened. What a transport does not know is left out. */
export interface PathReport {
  readonly frames: FrameCounters;
  readonly receivedBytes: number;
  /** Codec string of RFC 6381, or the SDP's name and profile. */
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly receivedPackets?: number;
  readonly lostPackets?: number;
  /** Mean stay of a frame in the jitter buffer, or the MSE buffer ahead of the playhead. */
  readonly bufferMs?: number;
  readonly roundTripMs?: number;
  /** Kinds of the two candidates and the protocol, as in `host ↔ srflx, udp`. */
  readonly candidates?: string;
  readonly freezes?: number;
  /** What decodes, as the browser calls it. */
  readonly decoder?: string;
}
