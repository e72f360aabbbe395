import type { LatencySummary } from '@pinhole/client';

/** What can truly be said of pictures from anywhere; a figure that nobody knows is left out. */
export interface PictureFigures {
  /** Capture to paint; only where the camera stamps its pictures. */
  readonly latency?: LatencySummary;
  readonly codec?: string;
  readonly width?: number;
  readonly height?: number;
  /** Decoded. */
  readonly framesPerSecond?: number;
  readonly bitrateKbps?: number;
  /** 0 to 1, since the look before. */
  readonly loss?: number;
  /** How long frames wait here before they are decoded. */
  readonly bufferMs?: number;
  /** To whatever the browser is connected to: the camera, or a relay in between. */
  readonly roundTripMs?: number;
}

/** The delay as far as the clocks tell: what is less than they disagree by is only known to be short. */
export const delayInWords = ({
  p50Ms,
  confidenceMs,
}: Pick<LatencySummary, 'p50Ms' | 'confidenceMs'>): string =>
  p50Ms > confidenceMs ? `${Math.round(p50Ms)} ms` : `< ${Math.ceil(p50Ms + confidenceMs)} ms`;

/** Counters at the look before. */
export interface StatsBefore {
  readonly atMs: number;
  readonly bytes: number;
  readonly frames: number;
  readonly lost: number;
  readonly received: number;
  readonly bufferSeconds: number;
  readonly emitted: number;
}

/** Entries of a report that are read here; the DOM types know none of them. */
interface Entry {
  readonly id: string;
  readonly type: string;
  readonly timestamp: number;
  readonly kind?: string;
  readonly codecId?: string;
  readonly mimeType?: string;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly framesDecoded?: number;
  readonly bytesReceived?: number;
  readonly packetsLost?: number;
  readonly packetsReceived?: number;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
  readonly selectedCandidatePairId?: string;
  readonly currentRoundTripTime?: number;
}

/** Reads a report of a connection; rates are those since the look `before`. */
export function readFigures(
  report: ReadonlyMap<string, unknown> | RTCStatsReport,
  before: StatsBefore | undefined,
): { readonly figures: PictureFigures; readonly now: StatsBefore | undefined } {
  const entries = [...(report as ReadonlyMap<string, Entry>).values()];
  const inbound = entries.find(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  if (inbound === undefined) return { figures: {}, now: undefined };
  const byId = (id: string | undefined) => entries.find((entry) => entry.id === id);
  const transport = entries.find(({ type }) => type === 'transport');
  const roundTrip = byId(transport?.selectedCandidatePairId)?.currentRoundTripTime;
  const now: StatsBefore = {
    atMs: inbound.timestamp,
    bytes: inbound.bytesReceived ?? 0,
    frames: inbound.framesDecoded ?? 0,
    lost: inbound.packetsLost ?? 0,
    received: inbound.packetsReceived ?? 0,
    bufferSeconds: inbound.jitterBufferDelay ?? 0,
    emitted: inbound.jitterBufferEmittedCount ?? 0,
  };
  const codec = byId(inbound.codecId)
    ?.mimeType?.replace(/^video\//i, '')
    .toUpperCase();
  return {
    now,
    figures: {
      ...(codec !== undefined && { codec }),
      ...(inbound.frameWidth !== undefined && { width: inbound.frameWidth }),
      ...(inbound.frameHeight !== undefined && { height: inbound.frameHeight }),
      ...(roundTrip !== undefined && { roundTripMs: roundTrip * 1000 }),
      ...(before !== undefined && now.atMs > before.atMs && ratesOf(before, now)),
    },
  };
}

function ratesOf(before: StatsBefore, now: StatsBefore): Partial<PictureFigures> {
  const seconds = (now.atMs - before.atMs) / 1000;
  const emitted = now.emitted - before.emitted;
  const lost = Math.max(0, now.lost - before.lost);
  const sent = lost + now.received - before.received;
  return {
    framesPerSecond: Math.round((now.frames - before.frames) / seconds),
    bitrateKbps: ((now.bytes - before.bytes) * 8) / 1000 / seconds,
    ...(emitted > 0 && { bufferMs: ((now.bufferSeconds - before.bufferSeconds) / emitted) * 1000 }),
    ...(sent > 0 && { loss: lost / sent }),
  };
}
