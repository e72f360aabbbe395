import type { Millis } from '@pinhole/core';
import { present } from '../present.ts';
import { cameraMoves } from './camera-progress.ts';
import type { FrozenCause, LiveState, Stage } from './live-state.ts';
import type { LivenessFacts } from './liveness.ts';

/** A frame is late after so many frame intervals, and the picture frozen after so many. */
const LATE_INTERVALS = 3;
const FROZEN_INTERVALS = 5;
const LATE_MS = 400;
const FROZEN_MS = 1_000;
/** The server's heartbeat comes every second. */
const HEARTBEAT_LOST_MS = 2_500;
/** Pictures that arrive by WebRTC are counted every half second. */
const RECEIVED_MS = 1_200;
/** So much after the last painted picture its own arrival may be counted. */
const COUNTED_LATE_MS = 700;
/** A picture older than this is too old to act on. */
const LAG_MS = 1_000;

const LATE: LiveState = { kind: 'lagging', code: 'lagging/late', reason: 'The next picture is late.' };

const NO_SIGNAL: LiveState = {
  kind: 'no-signal',
  code: 'source/no-signal',
  reason: 'No signal from the host. Check the cable, the resolution, and that it is on.',
};

const STAGE_WORDS: Readonly<Record<Stage, string>> = {
  start: 'Connecting to the server.',
  offer: 'Asking the server for the camera.',
  ice: 'Looking for a network path.',
  dtls: 'Securing the connection.',
  socket: 'Opening the connection.',
  'key-frame': 'Waiting for the first picture.',
  decoder: 'Starting the decoder.',
};

/** The state that follows from what is known. */
export function describeState(facts: LivenessFacts, now: Millis): LiveState {
  if (facts.closed) return { kind: 'closed', code: 'closed', reason: 'The player was closed.' };
  if (facts.refused) {
    return { kind: 'refused', ...facts.refused, action: actionOf(facts.refused.code) };
  }
  if (facts.paintedAt === undefined) return beforeFirstPicture(facts);
  // However many placeholders are painted, and however seldom.
  if (hasNoSignal(facts) && isHeard(facts, now)) return NO_SIGNAL;
  const ageMs = now - facts.paintedAt;
  const intervalMs = facts.intervalMs ?? 0;
  if (ageMs >= Math.max(FROZEN_MS, FROZEN_INTERVALS * intervalMs))
    return standstill(facts, facts.paintedAt, now);
  if (facts.resuming) {
    return {
      kind: 'lagging',
      code: 'lagging/resuming',
      reason: 'The page was hidden; waiting for a new picture.',
    };
  }
  if (ageMs >= Math.max(LATE_MS, LATE_INTERVALS * intervalMs)) {
    return LATE;
  }
  if ((facts.latencyMs ?? 0) > LAG_MS) {
    return { kind: 'lagging', code: 'lagging/behind', reason: 'The picture is more than a second old.' };
  }
  return { kind: 'live', code: 'live', reason: 'Live.' };
}

function beforeFirstPicture(facts: LivenessFacts): LiveState {
  const gone = cameraGone(facts) ?? ownNetworkGone(facts);
  if (gone) return gone;
  if (facts.waiting) return { kind: 'reconnecting', code: 'reconnecting', ...facts.waiting };
  if (facts.blocked) {
    const reason = 'The browser wants a tap on the page before it plays.';
    return { kind: 'connecting', stage: facts.stage, code: 'connecting/blocked', reason };
  }
  const { stage } = facts;
  return { kind: 'connecting', stage, code: `connecting/${stage}`, reason: STAGE_WORDS[stage] };
}

function standstill(facts: LivenessFacts, since: Millis, now: Millis): LiveState {
  const heard = isHeard(facts, now);
  const gone = heard ? cameraGone(facts) : ownNetworkGone(facts);
  if (gone) return gone;
  const cause = heard ? causeWhileHeard(facts, since, now) : 'network';
  // A new connection that is heard already may still be on its way to a picture.
  if (facts.waiting && cause !== 'camera') {
    return { kind: 'reconnecting', code: 'reconnecting', ...facts.waiting, since };
  }
  return cause === undefined ? LATE : frozen(cause, since);
}

/** The server tells of the camera. What was heard before the last connection broke says nothing about now. */
function isHeard({ heartbeatAt, waitingAt }: LivenessFacts, now: Millis): boolean {
  const heardAt = heartbeatAt ?? Number.NEGATIVE_INFINITY;
  return now - heardAt < HEARTBEAT_LOST_MS && heardAt > (waitingAt ?? Number.NEGATIVE_INFINITY);
}

/** @returns undefined when the next heartbeat will tell */
function causeWhileHeard(facts: LivenessFacts, paintedAt: Millis, now: Millis): FrozenCause | undefined {
  const moves = cameraMoves(facts, paintedAt, now);
  if (moves === false) return 'camera';
  const { receivedAt = Number.NEGATIVE_INFINITY } = facts;
  const arriving = now - receivedAt < RECEIVED_MS && receivedAt - paintedAt >= COUNTED_LATE_MS;
  if (arriving) return 'decoder';
  return moves === undefined ? undefined : 'network';
}

const FROZEN_WORDS: Readonly<Record<FrozenCause, string>> = {
  camera: 'The camera sends no new pictures.',
  network: 'No pictures arrive over the network.',
  decoder: 'Pictures arrive, but this browser cannot decode them.',
};

const frozen = (cause: FrozenCause, since: Millis): LiveState => ({
  kind: 'frozen',
  cause,
  since,
  code: `frozen/${cause}`,
  reason: FROZEN_WORDS[cause],
});

const hasNoSignal = ({ source }: LivenessFacts): boolean =>
  source?.kind === 'retrying' && source.code === NO_SIGNAL.code;

function cameraGone(facts: LivenessFacts): LiveState | undefined {
  const { source } = facts;
  if (hasNoSignal(facts)) return NO_SIGNAL;
  if (source?.kind !== 'retrying' && source?.kind !== 'failed') return undefined;
  return offline(facts, source.code, `The camera is offline: ${source.why}`);
}

function ownNetworkGone(facts: LivenessFacts): LiveState | undefined {
  if (facts.online) return undefined;
  return offline(facts, 'offline/network', 'This device has no network.');
}

const offline = ({ paintedAt }: LivenessFacts, code: string, reason: string): LiveState => ({
  kind: 'offline',
  code,
  reason,
  ...present({ since: paintedAt }),
});

function actionOf(code: string): string {
  if (/unauthorized|expired|revoked|token/.test(code)) return 'Open the camera with a new token link.';
  if (/forbidden/.test(code)) return 'Ask for a token that may watch this camera.';
  if (/unknown|not-found|removed/.test(code)) return 'Check the name of the camera.';
  return 'Change the address or the token, then try again.';
}
