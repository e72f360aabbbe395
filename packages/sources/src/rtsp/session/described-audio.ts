import {
  type AudioFormat,
  attribute,
  audioFormatOf,
  parseSdp,
  rtpFormats,
  type SdpMedia,
} from '@pinhole/media/sdp';
import { resolveControl } from '@pinhole/protocol/rtsp';

/** The sound of a camera, as it describes it. */
export interface DescribedAudio {
  /** What SETUP asks for. */
  readonly trackUrl: string;
  readonly format: AudioFormat;
}

/** Why there is no sound; the end of a sentence. */
export interface NoAudio {
  readonly why: string;
}

/**
 * Finds the first sound in the answer to DESCRIBE that can be received.
 * @param base what its control addresses are relative to.
 * @throws {MalformedError} `sdp/*`
 */
export function describedAudio(sdp: string, base: string): DescribedAudio | NoAudio {
  const rows = sdp.split(/\r\n|\r|\n/).map((row) => row.trim());
  const session = parseSdp(rows.filter((row) => /^[a-z]=/i.test(row)).join('\r\n'));
  const sounds = session.media.filter(({ kind }) => kind === 'audio');
  // What it would like to hear of us is no sound of it.
  const sent = sounds.filter((media) => attribute(media, 'sendonly') === undefined || sounds.length === 1);
  let why = 'it describes none';
  for (const media of sent) {
    const format = audioFormatOf(media);
    if (format !== undefined && /^RTP\/AVPF?(\/|$)/i.test(media.protocol)) {
      const sessionUrl = resolveControl(base, attribute(session, 'control'));
      return { trackUrl: resolveControl(sessionUrl, attribute(media, 'control')), format };
    }
    why =
      format === undefined
        ? `it is ${codecOf(media)}, which is not received here: set it to AAC, Opus or G.711`
        : `it is sent by ${media.protocol.slice(0, 40)}, not plain RTP`;
  }
  return { why };
}

function codecOf(media: SdpMedia): string {
  const codec = rtpFormats(media)[0]?.codec ?? `payload type ${media.formats[0]}`;
  return codec.slice(0, 40);
}
