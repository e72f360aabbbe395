import { MalformedError } from '@pinhole/core';
import { parseJson } from './parse-json.ts';
import {
  candidateIn,
  iceServerSchema,
  parseSfuFrame,
  participantSchema,
  qualitySchema,
  roomInfoSchema,
  sdpOf,
  serializeSfuFrame,
  sfuBounds,
  speakingSchema,
  trickleOf,
} from './sfu-fields.ts';
import type { Participant, Quality, RoomInfo, SfuIceServer, SfuTarget, Speaking } from './sfu-types.ts';
import { type CandidateToSend, type SignalCandidate, serializeCandidate } from './signals.ts';

/** What the relay says to a peer. */
export type SfuServerMessage =
  /** The first one: the server to use for ICE. */
  | { readonly action: 'join'; readonly iceServer: SfuIceServer }
  /** For the subscriber connection. */
  | { readonly action: 'offer'; readonly sdp: string }
  /** For the publisher connection. */
  | { readonly action: 'answer'; readonly sdp: string }
  | { readonly action: 'trickle'; readonly target: SfuTarget; readonly candidate: SignalCandidate }
  | { readonly action: 'trackPublished' }
  | { readonly action: 'roomInfo'; readonly room: RoomInfo }
  | { readonly action: 'quality'; readonly quality: readonly Quality[] }
  | { readonly action: 'speaking'; readonly speaking: readonly Speaking[] }
  | { readonly action: 'participant'; readonly participants: readonly Participant[] }
  | { readonly action: 'leave' }
  /** Declared by the relay, meant for people. */
  | { readonly action: 'error' | 'info' | 'close'; readonly message: string }
  /** One that is newer than this. */
  | { readonly action: 'unknown'; readonly name: string };

/** What a peer says to the relay. */
export type SfuPeerMessage =
  /** Of the publisher connection. */
  | { readonly action: 'offer'; readonly sdp: string }
  /** Of the subscriber connection. */
  | { readonly action: 'answer'; readonly sdp: string }
  | { readonly action: 'trickle'; readonly target: SfuTarget; readonly candidate: CandidateToSend }
  /** Devices announce their tracks before they offer them. */
  | { readonly action: 'addVideoTrack' | 'addAudioTrack'; readonly uid: string }
  | { readonly action: 'ping' }
  | { readonly action: 'leave' }
  | { readonly action: 'unknown'; readonly name: string };

/** Messages that can be written: all but what is not known. */
export type Sayable<Message extends { readonly action: string }> = Exclude<
  Message,
  { readonly action: 'unknown' }
>;

/** How often a client pings after `join`, in milliseconds; devices do every 15 s. */
export const SFU_PING_INTERVAL_MS = 5000;

/**
 * Reads a message of the relay.
 * @throws {MalformedError} `picamera/sfu`; for any text whatsoever, nothing else
 */
export function parseSfuServerMessage(input: string): SfuServerMessage {
  const { action, message } = parseSfuFrame(input);
  switch (action) {
    case 'join':
      return { action, iceServer: parseJson(message, iceServerSchema, sfuBounds('the ICE server')) };
    case 'offer':
    case 'answer':
      return { action, sdp: sdpOf(message) };
    case 'trickle':
      return { action, ...trickleOf(message) };
    case 'roomInfo':
      return { action, room: parseJson(message, roomInfoSchema, sfuBounds('the room')) };
    case 'quality':
      return { action, quality: parseJson(message, qualitySchema, sfuBounds('the quality')) };
    case 'speaking':
      return { action, speaking: parseJson(message, speakingSchema, sfuBounds('who speaks')) };
    case 'participant':
      return { action, participants: parseJson(message, participantSchema, sfuBounds('the participants')) };
    case 'trackPublished':
    case 'leave':
      return { action };
    case 'error':
    case 'info':
    case 'close':
      return { action, message };
    default:
      return { action: 'unknown', name: action };
  }
}

/** The text of a message of the relay; a candidate goes as JSON in JSON, which both kinds of peers read. */
export function serializeSfuServerMessage(message: Sayable<SfuServerMessage>): string {
  switch (message.action) {
    case 'join':
      return serializeSfuFrame('join', JSON.stringify(message.iceServer));
    case 'offer':
    case 'answer':
      return serializeSfuFrame(message.action, message.sdp);
    case 'trickle': {
      const candidateInit = serializeCandidate(message.candidate) ?? '{"candidate":""}';
      return serializeSfuFrame('trickle', JSON.stringify({ target: message.target, candidateInit }));
    }
    case 'roomInfo':
      return serializeSfuFrame('roomInfo', JSON.stringify(message.room));
    case 'quality':
      return serializeSfuFrame('quality', JSON.stringify(message.quality));
    case 'speaking':
      return serializeSfuFrame('speaking', JSON.stringify(message.speaking));
    case 'participant':
      return serializeSfuFrame('participant', JSON.stringify(message.participants));
    case 'trackPublished':
    case 'leave':
      return serializeSfuFrame(message.action, '');
    case 'error':
    case 'info':
    case 'close':
      return serializeSfuFrame(message.action, message.message);
  }
}

/**
 * Reads a message of a peer.
 * @throws {MalformedError} `picamera/sfu`; for any text whatsoever, nothing else
 */
export function parseSfuPeerMessage(input: string): SfuPeerMessage {
  const { action, message } = parseSfuFrame(input);
  switch (action) {
    case 'offer':
    case 'answer':
      return { action, sdp: sdpOf(message) };
    case 'tricklePublisher':
      return { action: 'trickle', target: 'PUBLISHER', candidate: candidateIn(message) };
    case 'trickleSubscriber':
      return { action: 'trickle', target: 'SUBSCRIBER', candidate: candidateIn(message) };
    case 'addVideoTrack':
    case 'addAudioTrack':
      return { action, uid: uidOf(message) };
    case 'ping':
    case 'leave':
      return { action };
    default:
      return { action: 'unknown', name: action };
  }
}

/**
 * The text of a peer's message; candidates go as JSON, as clients since 1.2 write them.
 * @returns undefined for the end of candidates, which relays cannot read
 */
export function serializeSfuPeerMessage(message: Sayable<SfuPeerMessage>): string | undefined {
  switch (message.action) {
    case 'offer':
    case 'answer':
      return serializeSfuFrame(message.action, message.sdp);
    case 'trickle': {
      const candidate = serializeCandidate(message.candidate);
      const action = message.target === 'PUBLISHER' ? 'tricklePublisher' : 'trickleSubscriber';
      return candidate && serializeSfuFrame(action, candidate);
    }
    case 'addVideoTrack':
    case 'addAudioTrack':
      return serializeSfuFrame(message.action, message.uid);
    case 'ping':
    case 'leave':
      return serializeSfuFrame(message.action, '');
  }
}

/** Where a peer connects: `{base}/rtc`, with its key, its id and its room. */
export function sfuUrl(
  base: string,
  peer: { readonly apiKey: string; readonly userId: string; readonly roomId: string },
): string {
  const query = Object.entries({ apiKey: peer.apiKey, userId: peer.userId, roomId: peer.roomId });
  return `${base}/rtc?${query.map(([key, value]) => `${key}=${encodeURIComponent(value)}`).join('&')}`;
}

/** Whose stream a MediaStream through the SFU is: what its id has before `|`. */
export const participantOfStream = (streamId: string): string => streamId.split('|', 1)[0] ?? '';

function uidOf(message: string): string {
  if (message.length <= 1024) return message;
  throw new MalformedError('picamera/sfu', `the uid has ${message.length} characters, at most 1024 are read`);
}
