import { present } from '../present.ts';
import type { PathReport } from './path-report.ts';

/** The members of the browser's statistics that are read here; which are there depends on `type` and browser. */
interface StatsEntry {
  readonly id: string;
  readonly type: string;
  readonly kind?: string;
  readonly codecId?: string;
  readonly mimeType?: string;
  readonly sdpFmtpLine?: string;
  readonly framesReceived?: number;
  readonly framesDecoded?: number;
  readonly framesDropped?: number;
  readonly frameWidth?: number;
  readonly frameHeight?: number;
  readonly bytesReceived?: number;
  readonly packetsReceived?: number;
  readonly packetsLost?: number;
  readonly jitterBufferDelay?: number;
  readonly jitterBufferEmittedCount?: number;
  readonly freezeCount?: number;
  readonly decoderImplementation?: string;
  readonly selectedCandidatePairId?: string;
  readonly state?: string;
  readonly nominated?: boolean;
  readonly currentRoundTripTime?: number;
  readonly localCandidateId?: string;
  readonly remoteCandidateId?: string;
  readonly candidateType?: string;
  readonly protocol?: string;
}

/** What the browser's statistics say of a received video; `painted` frames are counted by the player. */
export function readWebRtcReport(stats: RTCStatsReport | undefined, painted: number): PathReport {
  const entries: StatsEntry[] = [];
  stats?.forEach((entry: StatsEntry) => {
    entries.push(entry);
  });
  const inbound = entries.find((entry) => entry.type === 'inbound-rtp' && entry.kind === 'video');
  const codec = entries.find((entry) => entry.id === inbound?.codecId);
  return {
    frames: {
      received: inbound?.framesReceived ?? 0,
      decoded: inbound?.framesDecoded ?? 0,
      painted,
      dropped: inbound?.framesDropped ?? 0,
    },
    receivedBytes: inbound?.bytesReceived ?? 0,
    ...present({
      width: inbound?.frameWidth,
      height: inbound?.frameHeight,
      receivedPackets: inbound?.packetsReceived,
      lostPackets: inbound?.packetsLost,
      bufferMs: inbound && meanBufferMs(inbound),
      freezes: inbound?.freezeCount,
      decoder: inbound?.decoderImplementation,
      codec: codec && codecName(codec),
    }),
    ...readPair(entries),
  };
}

function readPair(entries: readonly StatsEntry[]): Pick<PathReport, 'roundTripMs' | 'candidates'> {
  const selected = entries.find((entry) => entry.type === 'transport')?.selectedCandidatePairId;
  const pair = entries.find((entry) =>
    selected === undefined
      ? entry.type === 'candidate-pair' && entry.state === 'succeeded' && entry.nominated === true
      : entry.id === selected,
  );
  const local = entries.find((entry) => entry.id === pair?.localCandidateId);
  const remote = entries.find((entry) => entry.id === pair?.remoteCandidateId);
  const seconds = pair?.currentRoundTripTime;
  return present({
    roundTripMs: seconds === undefined ? undefined : seconds * 1000,
    candidates: local && remote && `${local.candidateType} ↔ ${remote.candidateType}, ${local.protocol}`,
  });
}

function meanBufferMs(inbound: StatsEntry): number | undefined {
  const { jitterBufferDelay: seconds, jitterBufferEmittedCount: frames } = inbound;
  return seconds === undefined || !frames ? undefined : (seconds / frames) * 1000;
}

function codecName(codec: StatsEntry): string | undefined {
  const profile = /profile-level-id=([0-9a-f]{6})/i.exec(codec.sdpFmtpLine ?? '')?.[1];
  return profile === undefined ? codec.mimeType : `avc1.${profile}`;
}
