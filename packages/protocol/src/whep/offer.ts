import { MalformedError } from '@pinhole/core';
import type { IceCredentials } from './sdp-fragment.ts';

/** The media type of offers and answers. */
export const SDP_TYPE = 'application/sdp';

/** Who may send in a media section, as its sender sees it. */
export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** What the rules of WHIP and WHEP ask of one media section. */
export interface OfferedMedia {
  /** The first word of the `m=` line: `audio`, `video`, `application`, … */
  readonly kind: string;
  readonly direction: MediaDirection;
  /** Value of the `setup` attribute: who opens DTLS. */
  readonly setup?: string;
}

/** What the rules of WHIP and WHEP ask of an offer or answer; the WebRTC stack reads the rest. */
export interface OfferOutline {
  readonly credentials: IceCredentials;
  readonly media: readonly OfferedMedia[];
}

const DIRECTIONS: ReadonlySet<string> = new Set(['sendrecv', 'sendonly', 'recvonly', 'inactive']);

interface Section {
  kind: string;
  direction?: MediaDirection;
  setup?: string;
}

/**
 * Reads the outline of an offer or answer. A section without a direction or setup of its own has the session's.
 * @throws {MalformedError} `whep/offer`; for any text whatsoever, nothing else
 * @see RFC 9725 §4.4
 */
export function parseOfferOutline(sdp: string): OfferOutline {
  const lines = sdp.split(/\r?\n/).filter((line) => line !== '');
  if (lines[0] !== 'v=0') throw malformed(`an SDP starts with v=0, not "${lines[0]?.slice(0, 40) ?? ''}"`);
  const session: Section = { kind: 'session' };
  const media: Section[] = [];
  const ice: { ufrag?: string; pwd?: string } = {};
  for (const line of lines) {
    const [, letter, value] = /^([a-z])=(.*)$/.exec(line) ?? [];
    if (letter === undefined || value === undefined)
      throw malformed(`"${line.slice(0, 40)}" is not an SDP line`);
    if (letter === 'm') media.push({ kind: value.split(' ', 1)[0] ?? '' });
    else if (letter === 'a') readAttribute(value, media.at(-1) ?? session, ice);
  }
  if (media.length === 0) throw malformed('no media section');
  const { ufrag, pwd } = ice;
  if (ufrag === undefined || pwd === undefined) throw malformed('ice-ufrag or ice-pwd is missing');
  return { credentials: { ufrag, pwd }, media: media.map((section) => inherited(section, session)) };
}

function readAttribute(value: string, section: Section, ice: { ufrag?: string; pwd?: string }): void {
  const [, name = '', argument = ''] = /^([^:]*):?(.*)$/.exec(value) ?? [];
  if (isDirection(name)) section.direction = name;
  else if (name === 'setup') section.setup = argument;
  else if (name === 'ice-ufrag') ice.ufrag ??= argument;
  else if (name === 'ice-pwd') ice.pwd ??= argument;
}

function inherited({ kind, direction, setup }: Section, session: Section): OfferedMedia {
  const role = setup ?? session.setup;
  return {
    kind,
    direction: direction ?? session.direction ?? 'sendrecv',
    ...(role === undefined ? {} : { setup: role }),
  };
}

const isDirection = (name: string): name is MediaDirection => DIRECTIONS.has(name);

const malformed = (message: string): MalformedError => new MalformedError('whep/offer', message);
