import { MalformedError, PinholeError } from '@pinhole/core';
import { attribute, attributes, parseSdp, type SessionDescription } from '@pinhole/media/sdp';

/** What an offer says of the connection that it is for. */
export interface OfferedSide {
  /**
   * Names the browser's connection: its certificate, and the session of the `o=` line, which stays when it offers again.
   * @see RFC 8829 §5.2.2
   */
  readonly connection: string;
  /** By which its candidates tell that they belong to it. */
  readonly usernames: ReadonlySet<string>;
  /** Whether it takes the picture; sound or data channels alone do not need one. */
  readonly wantsPicture: boolean;
}

/**
 * Reads what a device has to know of an offer before it is answered.
 * @throws {PinholeError} `webrtc/malformed-offer`
 */
export function readOfferedSide(sdp: string): OfferedSide {
  const description = descriptionOf(sdp);
  const sections = [description, ...description.media];
  const all = (name: string): string[] => [
    ...new Set(sections.flatMap((section) => attributes(section, name))),
  ];
  const origin = description.lines.find(({ type }) => type === 'o')?.value.split(' ')[1] ?? '';
  return {
    connection: [origin, ...all('fingerprint')].join(' ').toLowerCase(),
    usernames: new Set(all('ice-ufrag')),
    wantsPicture: description.media.some(
      (media) =>
        media.kind === 'video' &&
        (media.port !== 0 || attribute(media, 'bundle-only') !== undefined) &&
        attribute(media, 'inactive') === undefined &&
        attribute(media, 'sendonly') === undefined,
    ),
  };
}

function descriptionOf(sdp: string): SessionDescription {
  try {
    return parseSdp(sdp);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new PinholeError('webrtc/malformed-offer', `the offer is not SDP: ${cause.message}`, { cause });
  }
}
