import { MalformedError } from '@pinhole/core';
import * as z from 'zod/mini';
import { parseJson } from './parse-json.ts';
import { MAX_SFU_BYTES } from './sfu-limits.ts';
import type { SfuTarget } from './sfu-types.ts';
import { MAX_CANDIDATE_CHARS, parseCandidate, type SignalCandidate } from './signals.ts';

/** Entries of a list of participants, their levels or their quality; more are refused. */
const MAX_LISTED = 4096;

const text = z.string().check(z.maxLength(1024));
const secret = z.string().check(z.maxLength(4096));
const frameSchema = z.object({
  action: z.string().check(z.maxLength(64)),
  message: z.optional(z.nullable(z.string())),
});

/** The ICE server that a relay gives. */
export const iceServerSchema = z.object({
  urls: z.union([text, z.array(text).check(z.maxLength(16))]),
  username: z.optional(secret),
  credential: z.optional(secret),
});
/** The room that was joined. */
export const roomInfoSchema = z.object({ sid: text, name: text });
/** How well participants are connected. */
export const qualitySchema = z
  .array(z.object({ sid: text, score: z.number() }))
  .check(z.maxLength(MAX_LISTED));
/** How loud participants are. */
export const speakingSchema = z
  .array(z.object({ sid: text, level: z.number() }))
  .check(z.maxLength(MAX_LISTED));
/** Who is in the room. */
export const participantSchema = z
  .array(z.object({ sid: text, id: text, state: z.enum(['JOINING', 'JOINED', 'ACTIVE', 'DISCONNECTED']) }))
  .check(z.maxLength(MAX_LISTED));
const trickleSchema = z.object({
  target: z.enum(['PUBLISHER', 'SUBSCRIBER']),
  candidateInit: z.union([z.string(), z.record(z.string(), z.unknown())]),
});

/** Bounds and code of every part of a message. */
export const sfuBounds = (what: string) => ({ what, code: 'picamera/sfu' as const, maxBytes: MAX_SFU_BYTES });

/** The frame around every message: `{"action","message"}`; a missing message is empty. */
export function parseSfuFrame(input: string): { readonly action: string; readonly message: string } {
  const { action, message } = parseJson(input, frameSchema, sfuBounds('the relay message'));
  return { action, message: message ?? '' };
}

/** The text of a frame. */
export const serializeSfuFrame = (action: string, message: string): string =>
  JSON.stringify({ action, message });

/** A session description in a frame: the SDP itself. */
export function sdpOf(message: string): string {
  if (message.trim() !== '') return message;
  throw new MalformedError('picamera/sfu', 'a session description of the relay is empty');
}

/** A candidate for one of the two connections, as the relay sends it. */
export function trickleOf(message: string): {
  readonly target: SfuTarget;
  readonly candidate: SignalCandidate;
} {
  const { target, candidateInit } = parseJson(message, trickleSchema, sfuBounds('the candidate'));
  const init = typeof candidateInit === 'string' ? candidateInit : JSON.stringify(candidateInit);
  return { target, candidate: candidateIn(init) };
}

/** A candidate as a peer sends it: the JSON of one, or only its line. */
export function candidateIn(message: string): SignalCandidate {
  if (!message.trimStart().startsWith('{')) {
    const candidate = message.replace(/^a=/, '').trim();
    if (candidate.length <= MAX_CANDIDATE_CHARS) return { candidate };
    throw new MalformedError('picamera/sfu', `the candidate has ${candidate.length} characters`);
  }
  try {
    return parseCandidate(message);
  } catch (cause) {
    throw new MalformedError('picamera/sfu', 'the candidate of the relay cannot be read', { cause });
  }
}
