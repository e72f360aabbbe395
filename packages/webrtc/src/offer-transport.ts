import { MalformedError, PinholeError } from '@pinhole/core';
import { attribute, attributes, parseSdp, type SdpMedia, type SessionDescription } from '@pinhole/media/sdp';
import type { Fingerprint, RemoteChannels, RemoteSide } from './transport-sides.ts';

/** A data channel that says no limit takes this much (RFC 8841 §6.1). */
const DEFAULT_MAX_MESSAGE_BYTES = 65_536;

/**
 * An offer's lines.
 * @throws {PinholeError} `webrtc/malformed-offer`
 */
export function parseOffer(text: string): SessionDescription {
  try {
    return parseSdp(text);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new PinholeError('webrtc/malformed-offer', `the offer is not SDP: ${cause.message}`, { cause });
  }
}

/**
 * The name of an m-section.
 * @throws {PinholeError} `webrtc/malformed-offer`
 */
export function requireMid(media: SdpMedia): string {
  const mid = attribute(media, 'mid');
  if (mid === undefined || !/^[\w.~-]{1,16}$/.test(mid)) {
    throw new PinholeError(
      'webrtc/malformed-offer',
      `a=mid of the ${media.kind} section: need 1…16 letters or digits`,
    );
  }
  return mid;
}

/** The names of the m-sections that share the connection of the section called `mid`; none when that one is alone. */
export function bundledWith(description: SessionDescription, mid: string): ReadonlySet<string> {
  const bundled = new Set((attribute(description, 'group') ?? '').split(' ').slice(1));
  return bundled.has(mid) ? bundled : new Set();
}

/** Whether an m-section is offered at all: port 0 refuses it, unless it shares another section's (RFC 9143 §6). */
export const isOffered = (media: SdpMedia): boolean =>
  media.port !== 0 || attribute(media, 'bundle-only') !== undefined;

/**
 * The m-section that stands for the connection which `media` uses: the first one of its bundle.
 * @see RFC 9143 §7.2.1 (offerer tagged section), RFC 8829 §5.2.1 (only that one may tell how the peer is reached)
 */
export function transportSection(description: SessionDescription, media: SdpMedia): SdpMedia {
  const mid = attribute(media, 'mid');
  const [tag] = mid === undefined ? [] : bundledWith(description, mid);
  return description.media.find((section) => tag !== undefined && attribute(section, 'mid') === tag) ?? media;
}

/**
 * How the peer is reached, by the m-section that stands for the connection and the lines above all sections.
 * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`
 * @see RFC 8839 §5.4 (ICE), RFC 8122 §5 (fingerprint), RFC 5763 §5 (setup)
 */
export const readRemoteSide = (
  description: SessionDescription,
  media: SdpMedia,
): Omit<RemoteSide, 'channels'> => ({
  ice: readIce(description, media),
  fingerprints: readFingerprints(description, media),
  dtlsRole: readDtlsRole(description, media),
});

function readIce(description: SessionDescription, media: SdpMedia): RemoteSide['ice'] {
  const ufrag = attribute(media, 'ice-ufrag') ?? attribute(description, 'ice-ufrag') ?? '';
  const password = attribute(media, 'ice-pwd') ?? attribute(description, 'ice-pwd') ?? '';
  // RFC 8839 §5.4
  if (!/^[\w+/-]{4,256}$/.test(ufrag) || !/^[\w+/-]{22,256}$/.test(password)) {
    throw new PinholeError(
      'webrtc/malformed-offer',
      'a=ice-ufrag and a=ice-pwd: need 4…256 and 22…256 letters or digits',
    );
  }
  return { ufrag, password, lite: attribute(description, 'ice-lite') !== undefined };
}

function readFingerprints(description: SessionDescription, media: SdpMedia): readonly Fingerprint[] {
  const own = attributes(media, 'fingerprint');
  const fingerprints = (own.length > 0 ? own : attributes(description, 'fingerprint'))
    .slice(0, 8)
    .flatMap((text) => {
      const [, algorithm, value] =
        /^(sha-(?:224|256|384|512)) ((?:[0-9a-f]{2}:){27,63}[0-9a-f]{2})$/i.exec(text) ?? [];
      return algorithm !== undefined && value !== undefined
        ? [{ algorithm: algorithm.toLowerCase(), value }]
        : [];
    });
  if (fingerprints.length === 0) {
    throw new PinholeError(
      'webrtc/malformed-offer',
      'a=fingerprint: need one, of SHA-256 for instance; not of SHA-1 or MD5, which prove nothing',
    );
  }
  return fingerprints;
}

function readDtlsRole(description: SessionDescription, media: SdpMedia): 'client' | 'server' {
  const setup = attribute(media, 'setup') ?? attribute(description, 'setup') ?? 'actpass';
  if (setup === 'active') return 'client';
  if (setup === 'actpass' || setup === 'passive') return 'server';
  throw new PinholeError('webrtc/unsupported', `a=setup:${setup}: need actpass, active or passive`);
}

/**
 * The m-section of data channels, when there is one among `bundled`: it has no connection of its own.
 * @throws {PinholeError} `webrtc/malformed-offer`
 */
export function readChannels(
  description: SessionDescription,
  bundled: ReadonlySet<string>,
): (RemoteChannels & { readonly index: number; readonly mid: string }) | undefined {
  const index = description.media.findIndex(
    (section) =>
      section.kind === 'application' && section.port !== 0 && section.formats[0] === 'webrtc-datachannel',
  );
  const media = description.media[index];
  if (!media) return undefined;
  const mid = requireMid(media);
  const sctpPort = Number(attribute(media, 'sctp-port') ?? Number.NaN);
  // Without BUNDLE it would need a connection of its own; it is answered with port 0 then.
  if (!bundled.has(mid) || !Number.isInteger(sctpPort) || sctpPort < 1 || sctpPort > 0xffff) return undefined;
  const limit = Number(attribute(media, 'max-message-size') ?? DEFAULT_MAX_MESSAGE_BYTES);
  return { index, mid, sctpPort, maxMessageBytes: limit > 0 ? limit : DEFAULT_MAX_MESSAGE_BYTES };
}
