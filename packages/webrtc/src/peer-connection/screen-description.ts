import { MalformedError, PinholeError } from '@pinhole/core';
import {
  attribute,
  parseCandidate,
  parseSdp,
  type SdpLine,
  type SessionDescription,
  serializeSdp,
} from '@pinhole/media/sdp';
import { mayCheck } from '../remote-address.ts';

/** A connection has pictures and sound at most; each section costs the stack a transport. */
const MAX_SECTIONS = 4;
/** Candidates beyond these are passed over: each costs a socket's worth of checks. */
const MAX_CANDIDATES = 32;

/**
 * What a stranger's description may show to the WebRTC stack: whole SDP, one connection for all of it, no data channels
 * (nothing here takes any), and only candidates that checks may go to.
 *
 * @param local addresses of our own sockets
 * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`
 */
export function screenDescription(text: string, local: readonly string[]): string {
  const description = parse(text);
  const { media } = description;
  if (media.length === 0 || media.length > MAX_SECTIONS)
    throw unsupported(`${media.length} sections, need 1 to ${MAX_SECTIONS}`);
  const odd = media.find(({ kind }) => kind !== 'video' && kind !== 'audio');
  if (odd) throw unsupported(`a section for ${odd.kind}: only video and audio are taken`);
  const secured = media.some((section) => attribute(section, 'fingerprint') !== undefined);
  if (!secured && attribute(description, 'fingerprint') === undefined)
    throw new PinholeError('webrtc/malformed-offer', 'a=fingerprint: need one');
  let candidates = 0;
  const passes = ({ type, value }: SdpLine): boolean => {
    if (type !== 'a' || !value.startsWith('candidate:')) return true;
    return candidates++ < MAX_CANDIDATES && isUsableCandidate(value, local);
  };
  return serializeSdp({
    lines: description.lines,
    media: media.map((section) => ({ ...section, lines: section.lines.filter(passes) })),
  });
}

/** Whether checks may go to a candidate: by UDP, to an address that needs no look-up and that this socket may reach. */
export function isUsableCandidate(text: string, local: readonly string[]): boolean {
  try {
    const { address, transport, component, port } = parseCandidate(text);
    const numeric = /^[\d.]+$|:/.test(address);
    return numeric && transport === 'udp' && component === 1 && port > 0 && mayCheck(address, local);
  } catch (thrown) {
    if (thrown instanceof MalformedError) return false;
    throw thrown;
  }
}

function parse(text: string): SessionDescription {
  try {
    return parseSdp(text);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new PinholeError('webrtc/malformed-offer', `the description is not SDP: ${cause.message}`, {
      cause,
    });
  }
}

const unsupported = (why: string): PinholeError =>
  new PinholeError('webrtc/unsupported', `the description has ${why}`);
