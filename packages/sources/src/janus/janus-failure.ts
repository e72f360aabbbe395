import { messageOf, PinholeError } from '@pinhole/core';
import type { JanusFault, JanusFaultCode } from '@pinhole/protocol/janus-session';
import type { NetworkCode } from '../network-fault.ts';

/** Why a source from a Janus is not live. */
export type JanusCode =
  | NetworkCode
  | 'source/unauthorized'
  | 'source/no-plugin'
  | 'source/not-found'
  | 'source/not-ready'
  | 'source/busy'
  | 'source/no-video'
  | 'source/stalled'
  | 'source/failed';

/** What ended a connection, for people and programs; holds no credentials. */
export interface JanusFailure {
  readonly code: JanusCode;
  readonly why: string;
  /** The same again would be refused again: it is tried again all the same, at the longest wait. */
  readonly refused?: true;
}

const CODES: Readonly<Record<JanusFaultCode, JanusCode>> = {
  'janus/unreachable': 'source/ended',
  'janus/no-janus': 'source/failed',
  'janus/credentials': 'source/unauthorized',
  'janus/no-plugin': 'source/no-plugin',
  'janus/no-stream': 'source/not-found',
  'janus/not-ready': 'source/not-ready',
  'janus/no-offer': 'source/no-video',
  'janus/plugin-error': 'source/failed',
  'janus/no-answer': 'source/timeout',
  'janus/session-gone': 'source/ended',
  'janus/busy': 'source/busy',
  'janus/refused': 'source/failed',
};

/** What a person may do about it. */
const ADVICE: Readonly<Partial<Record<JanusFaultCode, string>>> = {
  'janus/credentials': 'Write secret= or token= of this source as the server has it.',
  'janus/no-plugin': 'Write plugin= with the name of one that the server has loaded.',
  'janus/no-stream': 'Write id= of a stream that the plugin has.',
};

/** Puts a fault of the session in this source's words; `network` is the code of what its link met, where it met one. */
export function janusFailure(fault: JanusFault, network: NetworkCode | undefined): JanusFailure {
  const code = fault.code === 'janus/unreachable' && network !== undefined ? network : CODES[fault.code];
  const advice = ADVICE[fault.code];
  return {
    code,
    why: advice === undefined ? fault.reason : `${fault.reason} ${advice}`,
    ...(fault.again === 'never' && { refused: true }),
  };
}

/** Why an offer could not be answered. */
export function offerFailure(thrown: unknown): JanusFailure {
  const noVideo = thrown instanceof PinholeError && thrown.code === 'webrtc/no-h264';
  return { code: noVideo ? 'source/no-video' : 'source/failed', why: `its offer: ${messageOf(thrown)}` };
}
