import { MalformedError, PinholeError } from '@pinhole/core';
import type { StreamParameters } from '@pinhole/engine';
import { RTP_EXTENSION_URI } from '@pinhole/media/rtp';
import {
  attribute,
  attributes,
  chooseH264,
  directionOf,
  type ExtensionMapping,
  extensionMappings,
  type H264Format,
  parseSdp,
  rtpFormats,
  type SdpMedia,
  type SessionDescription,
} from '@pinhole/media/sdp';

/** The header extensions that we write, by the ids the viewer gave them. */
export interface ExtensionIds {
  readonly mid?: number;
  readonly transportSequence?: number;
  readonly playoutDelay?: number;
  readonly absCaptureTime?: number;
}

/** What we need to know of a viewer's offer. */
export interface ViewerOffer {
  readonly description: SessionDescription;
  readonly ice: { readonly ufrag: string; readonly password: string; readonly lite: boolean };
  readonly fingerprints: readonly { readonly algorithm: string; readonly value: string }[];
  /** The m-section that gets the picture. */
  readonly video: { readonly index: number; readonly media: SdpMedia; readonly mid: string };
  readonly format: H264Format;
  readonly extensions: readonly ExtensionMapping[];
  readonly extensionIds: ExtensionIds;
  /** The m-section of data channels, when there is one. */
  readonly channels?: {
    readonly index: number;
    readonly mid: string;
    readonly sctpPort: number;
    readonly maxMessageBytes: number;
  };
  /** Values of `candidate` attributes. */
  readonly candidates: readonly string[];
}

const OURS = Object.entries(RTP_EXTENSION_URI).filter(([name]) => name !== 'absSendTime') as [
  keyof ExtensionIds,
  string,
][];

/** A data channel that says no limit takes this much (RFC 8841 §6.1). */
const DEFAULT_MAX_MESSAGE_BYTES = 65_536;

/**
 * Reads an offer for a stream that it shall show.
 *
 * @throws {PinholeError} `webrtc/malformed-offer`, `webrtc/unsupported`, `webrtc/no-h264`, `webrtc/b-frames`
 */
export function readOffer(text: string, parameters: StreamParameters): ViewerOffer {
  const description = parseOffer(text);
  const index = description.media.findIndex(wantsVideo);
  const media = description.media[index];
  if (!media) {
    throw new PinholeError(
      'webrtc/unsupported',
      'the offer asks for no video: add a transceiver for video with direction recvonly',
    );
  }
  if (parameters.bFrames) throw bFrames();
  const format = chooseH264(media, parameters);
  if (!format) throw noH264(media);
  const bundled = new Set((attribute(description, 'group') ?? '').split(' ').slice(1));
  const mid = requireMid(media);
  const channels = readChannels(description, bundled.has(mid) ? bundled : new Set());
  const extensions = extensionMappings(media).filter(({ uri }) => OURS.some(([, ours]) => ours === uri));
  return {
    description,
    ice: readIce(description, media),
    fingerprints: readFingerprints(description, media),
    video: { index, media, mid },
    format,
    extensions,
    extensionIds: idsOf(extensions),
    ...(channels && { channels }),
    candidates: attributes(media, 'candidate'),
  };
}

function parseOffer(text: string): SessionDescription {
  try {
    return parseSdp(text);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new PinholeError('webrtc/malformed-offer', `the offer is not SDP: ${cause.message}`, { cause });
  }
}

const wantsVideo = (media: SdpMedia): boolean => {
  const direction = directionOf(media);
  return media.kind === 'video' && media.port !== 0 && (direction === 'recvonly' || direction === 'sendrecv');
};

const bFrames = (): PinholeError =>
  new PinholeError(
    'webrtc/b-frames',
    'the camera sends B-frames, which WebRTC cannot play: set B-frames to 0, or the H.264 profile to Baseline, in the ' +
      'settings of the camera; or use the WebSocket path, which plays them',
  );

function noH264(media: SdpMedia): PinholeError {
  const codecs = [...new Set(rtpFormats(media).map(({ codec }) => codec))];
  const offered = codecs.includes('H264')
    ? 'H.264 in packetization-mode 0 alone'
    : codecs.join(', ') || 'no codec';
  return new PinholeError(
    'webrtc/no-h264',
    `this browser offers ${offered}, and the picture is H.264 (packetization-mode 1): use the WebSocket path`,
  );
}

function requireMid(media: SdpMedia): string {
  const mid = attribute(media, 'mid');
  if (mid === undefined || !/^[\w.~-]{1,16}$/.test(mid)) {
    throw new PinholeError(
      'webrtc/malformed-offer',
      `a=mid of the ${media.kind} section: need 1…16 letters or digits`,
    );
  }
  return mid;
}

function readIce(description: SessionDescription, media: SdpMedia): ViewerOffer['ice'] {
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

function readFingerprints(description: SessionDescription, media: SdpMedia): ViewerOffer['fingerprints'] {
  const own = attributes(media, 'fingerprint');
  const fingerprints = (own.length > 0 ? own : attributes(description, 'fingerprint'))
    .slice(0, 8)
    .flatMap((text) => {
      const [, algorithm, value] =
        /^(sha-(?:1|224|256|384|512)) ((?:[0-9a-f]{2}:){19,63}[0-9a-f]{2})$/i.exec(text) ?? [];
      return algorithm !== undefined && value !== undefined
        ? [{ algorithm: algorithm.toLowerCase(), value }]
        : [];
    });
  if (fingerprints.length === 0) {
    throw new PinholeError('webrtc/malformed-offer', 'a=fingerprint: need one, of SHA-256 for instance');
  }
  const setup = attribute(media, 'setup') ?? attribute(description, 'setup') ?? 'actpass';
  if (setup !== 'actpass' && setup !== 'passive') {
    throw new PinholeError(
      'webrtc/unsupported',
      `a=setup:${setup}: need actpass or passive, the server opens DTLS`,
    );
  }
  return fingerprints;
}

function readChannels(
  description: SessionDescription,
  bundled: ReadonlySet<string>,
): ViewerOffer['channels'] {
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

function idsOf(extensions: readonly ExtensionMapping[]): ExtensionIds {
  const ids: { -readonly [Name in keyof ExtensionIds]: ExtensionIds[Name] } = {};
  for (const [name, uri] of OURS) {
    // One-byte form only: what a viewer gave a larger id is left out rather than enlarging every header.
    const mapping = extensions.find((one) => one.uri === uri && one.id <= 14);
    if (mapping) ids[name] = mapping.id;
  }
  return ids;
}
