import type { TransportName } from './ladder/transport-name.ts';
import type { LatencySummary } from './latency/latency-window.ts';
import type { PathReport } from './paths/path-report.ts';
import type { PlayerName } from './players/player-name.ts';
import { present } from './present.ts';

/** What the server sends of the picture: less than all of it where the network does not carry that. WebRTC only. */
export interface PictureDelivery {
  /** The camera's stream, or its second and smaller one. */
  readonly stream: 'main' | 'sub';
  /** All; all but those that no other picture needs; key pictures alone. */
  readonly pictures: 'all' | 'reference' | 'keys';
  /** A queue grows on the way, packets are lost, or the browser itself says so. */
  readonly why?: 'queue' | 'loss' | 'estimate';
}

/** What the server decided about the picture on this connection, since it began. WebRTC only. */
export interface DeliveryCounts {
  /** Times that more or less was sent from then on, or the other stream. */
  readonly changes: number;
  /** Pictures left out. */
  readonly leftOut: number;
  /** Times that the smaller stream was wanted and could not be used. */
  readonly subRefusals: number;
}

/** What {@link statsBetween} knows beside the reports. */
export interface StatsContext {
  readonly transport: TransportName;
  readonly player: PlayerName;
  readonly latency?: LatencySummary;
  readonly roundTripMs?: number;
  readonly firstFrameMs?: number;
  readonly freezeCount: number;
  /** How often another path took over the picture. */
  readonly switches: number;
  /** Absent while all is sent. */
  readonly delivery?: PictureDelivery;
  /** Absent before anything was decided. */
  readonly deliveryCounts?: DeliveryCounts;
}

/** What the player does now; rates are means over the time since the statistics before. */
export interface PlayerStats extends StatsContext {
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  readonly framesPerSecond: {
    readonly received: number;
    readonly decoded: number;
    readonly painted: number;
    readonly dropped: number;
  };
  readonly bitrateKbps: number;
  /** Share of packets lost, 0…1; only for WebRTC. */
  readonly loss?: number;
  /** Stay in the jitter buffer, or in the MSE buffer. */
  readonly bufferMs?: number;
  readonly candidates?: string;
  readonly decoder?: string;
}

/** The statistics of the time between two reports of one path. */
export function statsBetween(
  before: PathReport,
  after: PathReport,
  options: { readonly elapsedMs: number; readonly context: StatsContext },
): PlayerStats {
  const perSecond = (difference: number): number =>
    options.elapsedMs > 0 ? Math.max(0, Math.round((difference * 10_000) / options.elapsedMs) / 10) : 0;
  const received = Math.max(0, (after.receivedPackets ?? 0) - (before.receivedPackets ?? 0));
  const lost = Math.max(0, (after.lostPackets ?? 0) - (before.lostPackets ?? 0));
  const loss = after.lostPackets === undefined ? undefined : lost / Math.max(1, received + lost);
  const { codec, width, height, bufferMs, candidates, decoder, roundTripMs } = after;
  const { context } = options;
  return {
    ...present({ roundTripMs, codec, width, height, bufferMs, candidates, decoder, loss }),
    ...context,
    framesPerSecond: {
      received: perSecond(after.frames.received - before.frames.received),
      decoded: perSecond(after.frames.decoded - before.frames.decoded),
      painted: perSecond(after.frames.painted - before.frames.painted),
      dropped: perSecond(after.frames.dropped - before.frames.dropped),
    },
    bitrateKbps: Math.round(perSecond(after.receivedBytes - before.receivedBytes) * 0.008),
  };
}
