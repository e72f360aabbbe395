import { PinholeError } from '@pinhole/core';
import {
  attribute,
  attributes,
  directionOf,
  extensionMappings,
  retransmissionOf,
  rtpFormats,
  type SdpMedia,
  type SessionDescription,
} from '@pinhole/media/sdp';
import { bundledWith, parseOffer, readChannels, readRemoteSide, transportSection } from '@pinhole/webrtc';
import type {
  ExtensionIds,
  NegotiatedAudio,
  NegotiatedSession,
  NegotiatedVideo,
} from './negotiated-session.ts';
import {
  OFFERED_EXTENSIONS,
  OFFERED_MID,
  OFFERED_URI,
  type OfferedSound,
  OPUS_PAYLOAD_TYPE,
} from './viewer-offering.ts';

/** What an answer is held against. */
export interface OfferedFormats {
  /** Those of the picture, as they stood in the offer. */
  readonly formats: readonly { readonly payloadType: number; readonly rtxPayloadType: number }[];
  readonly channels: 'none' | 'some';
  /** What of sound was offered. */
  readonly sound?: OfferedSound;
}

/**
 * Reads a viewer's answer to an offer of ours.
 * @throws {PinholeError} `webrtc/malformed-answer`, `webrtc/no-h264`, `webrtc/unsupported`
 */
export function readAnswer(text: string, offered: OfferedFormats): NegotiatedSession {
  try {
    return read(text, offered);
  } catch (thrown) {
    if (!(thrown instanceof PinholeError) || thrown.code !== 'webrtc/malformed-offer') throw thrown;
    const message = thrown.message.replaceAll('offer', 'answer');
    throw new PinholeError('webrtc/malformed-answer', message, { cause: thrown });
  }
}

function read(text: string, offered: OfferedFormats): NegotiatedSession {
  const description = parseOffer(text);
  const media = description.media.find((section) => attribute(section, 'mid') === OFFERED_MID.video);
  if (media?.kind !== 'video') {
    throw new PinholeError(
      'webrtc/unsupported',
      `the answer has no video section a=mid:${OFFERED_MID.video}: it answers another offer`,
    );
  }
  const video = videoOf(media, offered);
  const connection = transportSection(description, media);
  const channels = offered.channels === 'some' ? channelsOf(description) : undefined;
  const audio = offered.sound && audioOf(description, offered.sound);
  const { ice, ...security } = readRemoteSide(description, connection);
  return {
    ice: { ...ice, role: 'controlled' },
    ...security,
    video,
    ...(audio && { audio }),
    ...(channels && { channels }),
    candidates: attributes(connection, 'candidate'),
  };
}

function videoOf(media: SdpMedia, { formats }: OfferedFormats): NegotiatedVideo {
  const answered = rtpFormats(media).find(
    ({ codec, payloadType }) => codec === 'H264' && formats.some((one) => one.payloadType === payloadType),
  );
  const format = formats.find(({ payloadType }) => payloadType === answered?.payloadType);
  const direction = directionOf(media);
  if (media.port === 0 || !format || direction === 'sendonly' || direction === 'inactive') {
    throw new PinholeError(
      'webrtc/no-h264',
      'the viewer takes no H.264 of this offer: its browser has none, or its page refuses the picture',
    );
  }
  const { payloadType, rtxPayloadType } = format;
  const repaired = retransmissionOf(media, payloadType) === rtxPayloadType;
  return {
    mid: OFFERED_MID.video,
    payloadType,
    ...(repaired && { rtxPayloadType }),
    extensionIds: idsOf(media),
    sends: true,
  };
}

/** Sound as far as the viewer wants it; it may refuse all of it. */
function audioOf(description: SessionDescription, offered: OfferedSound): NegotiatedAudio | undefined {
  const media = description.media.find((section) => attribute(section, 'mid') === OFFERED_MID.audio);
  if (media?.kind !== 'audio' || media.port === 0) return undefined;
  if (!rtpFormats(media).some(({ payloadType }) => payloadType === OPUS_PAYLOAD_TYPE)) return undefined;
  const direction = directionOf(media);
  return {
    mid: OFFERED_MID.audio,
    payloadType: OPUS_PAYLOAD_TYPE,
    extensionIds: idsOf(media),
    sends: offered.sends && (direction === 'recvonly' || direction === 'sendrecv'),
    receives: offered.receives && (direction === 'sendonly' || direction === 'sendrecv'),
  };
}

/** Those of ours that the answer leaves standing. */
function idsOf(media: SdpMedia): ExtensionIds {
  const answered = extensionMappings(media);
  const kept = Object.entries(OFFERED_EXTENSIONS).filter(([name, id]) =>
    answered.some((one) => one.id === id && one.uri === OFFERED_URI[name as keyof ExtensionIds]),
  );
  return Object.fromEntries(kept);
}

const channelsOf = (description: SessionDescription): NegotiatedSession['channels'] => {
  const channels = readChannels(description, bundledWith(description, OFFERED_MID.video));
  return channels && { sctpPort: channels.sctpPort, maxMessageBytes: channels.maxMessageBytes };
};
