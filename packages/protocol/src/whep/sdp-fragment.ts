import { MalformedError } from '@pinhole/core';

/** The media type of a fragment, in `Content-Type` and `Accept-Patch`. */
export const SDP_FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** User name fragment and password of one ICE generation (RFC 8839 §5.4). */
export interface IceCredentials {
  readonly ufrag: string;
  readonly pwd: string;
}

/** The part of a fragment that belongs to one media section. */
export interface SdpFragmentMedia {
  /** The `m=` line after `m=`; of no meaning but its first word. */
  readonly line: string;
  readonly mid?: string;
  /** Values of the `candidate` attributes, without that prefix. */
  readonly candidates: readonly string[];
  readonly endOfCandidates: boolean;
}

/**
 * What a client tells of its ICE candidates, or of a new ICE generation, without a whole SDP. Everything at session
 * level counts for all media, as all media go through one bundle.
 */
export interface SdpFragment {
  /** Of the session or of the media sections, wherever the sender put them; all sections say the same. */
  readonly credentials?: IceCredentials;
  /** Candidates that stand before the first media section. */
  readonly candidates: readonly string[];
  /** The session itself, not one section, says that no more candidates follow. */
  readonly endOfCandidates: boolean;
  readonly media: readonly SdpFragmentMedia[];
}

const MAX_CANDIDATES = 256;
const UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const PWD = /^[A-Za-z0-9+/]{22,256}$/;

/**
 * Parses a fragment. Line ends may be CRLF or LF; lines of no interest here are passed over.
 * @throws {MalformedError} `whep/fragment`; for any text whatsoever, nothing else
 * @see RFC 8840 §9, RFC 9725 §4.3
 */
export function parseSdpFragment(text: string): SdpFragment {
  const session = { candidates: [] as string[], endOfCandidates: false };
  const media: { line: string; mid?: string; candidates: string[]; endOfCandidates: boolean }[] = [];
  let section: { mid?: string; candidates: string[]; endOfCandidates: boolean } = session;
  let candidateCount = 0;
  const ufrags = new Set<string>();
  const pwds = new Set<string>();
  for (const line of text.split(/\r?\n/)) {
    if (line === '') continue;
    const [, letter, value] = /^([a-z])=(.*)$/.exec(line) ?? [];
    if (letter === undefined || value === undefined)
      throw malformed(`"${line.slice(0, 40)}" is not an SDP line`);
    if (letter === 'm') {
      const next = { line: value, candidates: [], endOfCandidates: false };
      media.push(next);
      section = next;
      continue;
    }
    if (letter !== 'a') continue;
    const [name, attribute] = splitAttribute(value);
    if (name === 'ice-ufrag') ufrags.add(matching(attribute, UFRAG, 'ice-ufrag'));
    else if (name === 'ice-pwd') pwds.add(matching(attribute, PWD, 'ice-pwd'));
    else if (name === 'mid') section.mid = attribute;
    else if (name === 'end-of-candidates') section.endOfCandidates = true;
    else if (name === 'candidate') {
      if (++candidateCount > MAX_CANDIDATES) throw malformed(`more than ${MAX_CANDIDATES} candidates`);
      section.candidates.push(attribute);
    }
  }
  return {
    ...credentialsOf(ufrags, pwds),
    candidates: session.candidates,
    endOfCandidates: session.endOfCandidates,
    media,
  };
}

/**
 * The text of a fragment, credentials at session level.
 * @see RFC 8840 §9
 */
export function serializeSdpFragment(fragment: SdpFragment): string {
  const lines: string[] = [];
  if (fragment.credentials !== undefined) {
    lines.push(`a=ice-ufrag:${fragment.credentials.ufrag}`, `a=ice-pwd:${fragment.credentials.pwd}`);
  }
  lines.push(...candidateLines(fragment));
  for (const media of fragment.media) {
    lines.push(`m=${media.line}`);
    if (media.mid !== undefined) lines.push(`a=mid:${media.mid}`);
    lines.push(...candidateLines(media));
  }
  return lines.map((line) => `${line}\r\n`).join('');
}

/** All candidates of a fragment; an empty one last when the sender says that no more follow. */
export const candidatesOf = (fragment: SdpFragment): string[] => {
  const sections = [fragment, ...fragment.media];
  const candidates = sections.flatMap((section) => section.candidates);
  return sections.some((section) => section.endOfCandidates) ? [...candidates, ''] : candidates;
};

const candidateLines = (section: Pick<SdpFragmentMedia, 'candidates' | 'endOfCandidates'>): string[] => [
  ...section.candidates.map((candidate) => `a=candidate:${candidate}`),
  ...(section.endOfCandidates ? ['a=end-of-candidates'] : []),
];

const splitAttribute = (value: string): [name: string, attribute: string] => {
  const colon = value.indexOf(':');
  return colon === -1 ? [value, ''] : [value.slice(0, colon), value.slice(colon + 1)];
};

function matching(value: string, pattern: RegExp, name: string): string {
  if (!pattern.test(value))
    throw malformed(`${name} "${value.slice(0, 40)}" does not match ${pattern.source}`);
  return value;
}

function credentialsOf(ufrags: Set<string>, pwds: Set<string>): { credentials?: IceCredentials } {
  if (ufrags.size > 1 || pwds.size > 1) throw malformed('media sections differ in their ICE credentials');
  const [ufrag] = ufrags;
  const [pwd] = pwds;
  if (ufrag === undefined && pwd === undefined) return {};
  if (ufrag === undefined) throw malformed('ice-pwd without ice-ufrag');
  if (pwd === undefined) throw malformed('ice-ufrag without ice-pwd');
  return { credentials: { ufrag, pwd } };
}

const malformed = (message: string): MalformedError => new MalformedError('whep/fragment', message);
