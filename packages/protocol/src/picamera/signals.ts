import { MalformedError } from '@pinhole/core';
import * as z from 'zod/mini';
import { parseJson } from './parse-json.ts';

/** The longest message on a signaling topic. */
export const MAX_SIGNAL_BYTES = 131_072;
/** The longest session description, in UTF-16 units. */
export const MAX_DESCRIPTION_CHARS = 65_536;
/** The longest candidate, in UTF-16 units. */
export const MAX_CANDIDATE_CHARS = 4096;

/** A session description as both ends of every generation write it. */
export interface SignalDescription {
  readonly type: 'offer' | 'answer';
  readonly sdp: string;
}

/** A candidate as it came; what a sender left out is left out. An empty `candidate` is the end of them. */
export interface SignalCandidate {
  /** `candidate:…`, without `a=`. */
  readonly candidate: string;
  readonly sdpMid?: string;
  readonly sdpMLineIndex?: number;
  readonly usernameFragment?: string;
}

/** A candidate to be sent: what browsers call RTCIceCandidateInit. */
export interface CandidateToSend {
  readonly candidate: string;
  readonly sdpMid?: string | null;
  readonly sdpMLineIndex?: number | null;
  readonly usernameFragment?: string | null;
}

const descriptionSchema = z.object({
  type: z.literal(['offer', 'answer']),
  sdp: z.string().check(z.minLength(1), z.maxLength(MAX_DESCRIPTION_CHARS)),
});

const short = z.string().check(z.maxLength(256));
const candidateSchema = z.object({
  candidate: z.optional(z.nullable(z.string().check(z.maxLength(MAX_CANDIDATE_CHARS)))),
  sdpMid: z.optional(z.nullable(z.union([short, z.int()]))),
  sdpMLineIndex: z.optional(z.nullable(z.int().check(z.gte(0), z.lte(65_535)))),
  usernameFragment: z.optional(z.nullable(short)),
});

/** The message of a session description: exactly the two fields that every device reads. */
export const serializeDescription = (description: SignalDescription): string =>
  JSON.stringify({ type: description.type, sdp: description.sdp });

/**
 * The message of a candidate, with all three fields that a real device needs: it ends itself over one that is null. A
 * missing `sdpMLineIndex` is told from a numeric `sdpMid`, and the other way round.
 * @returns undefined for the end of candidates, which no device can read
 * @throws {MalformedError} `picamera/signal` for an index that is no whole number from 0 up
 */
export function serializeCandidate(init: CandidateToSend): string | undefined {
  const candidate = init.candidate.replace(/^a=/, '').trim();
  if (candidate === '') return undefined;
  const mid = init.sdpMid ?? undefined;
  const index = init.sdpMLineIndex ?? (mid !== undefined && /^\d{1,4}$/.test(mid) ? Number(mid) : 0);
  if (!Number.isInteger(index) || index < 0) {
    throw new MalformedError('picamera/signal', `sdpMLineIndex is ${index}; it counts the m-lines from 0`);
  }
  return JSON.stringify({
    candidate: candidate.startsWith('candidate:') ? candidate : `candidate:${candidate}`,
    sdpMid: mid ?? String(index),
    sdpMLineIndex: index,
    ...(typeof init.usernameFragment === 'string' && { usernameFragment: init.usernameFragment }),
  });
}

/**
 * Reads a session description. What follows a NUL is cut off, as real devices do; unknown fields are left out.
 * @throws {MalformedError} `picamera/signal`; for any input whatsoever, nothing else
 */
export const parseDescription = (payload: Uint8Array | string): SignalDescription =>
  parseJson(cutAtNul(payload), descriptionSchema, bounds('the session description'));

/**
 * Reads a candidate, with or without its places. What follows a NUL is cut off; unknown fields are left out.
 * @throws {MalformedError} `picamera/signal`; for any input whatsoever, nothing else
 */
export function parseCandidate(payload: Uint8Array | string): SignalCandidate {
  const fields = parseJson(cutAtNul(payload), candidateSchema, bounds('the candidate'));
  return {
    candidate: (fields.candidate ?? '').replace(/^a=/, ''),
    ...(fields.sdpMid != null && { sdpMid: String(fields.sdpMid) }),
    ...(fields.sdpMLineIndex != null && { sdpMLineIndex: fields.sdpMLineIndex }),
    ...(fields.usernameFragment != null && { usernameFragment: fields.usernameFragment }),
  };
}

const bounds = (what: string) => ({ what, code: 'picamera/signal' as const, maxBytes: MAX_SIGNAL_BYTES });

function cutAtNul(payload: Uint8Array | string): Uint8Array | string {
  if (typeof payload === 'string') return payload.split('\0', 1)[0] ?? '';
  const nul = payload.indexOf(0);
  return nul === -1 ? payload : payload.subarray(0, nul);
}
