import { NAL_TYPE, nalType } from '@pinhole/media/h264';
import { attribute, parseSdp, type RtpFormat, rtpFormats, type SdpMedia } from '@pinhole/media/sdp';
import { resolveControl } from '@pinhole/protocol/rtsp';
import { HandOver, RtspError } from './rtsp-error.ts';

/** The H.264 stream of a camera, as it describes it. */
export interface DescribedVideo {
  /** What SETUP asks for. */
  readonly trackUrl: string;
  /** What PLAY and TEARDOWN ask for. */
  readonly sessionUrl: string;
  readonly payloadType: number;
  readonly ticksPerSecond: number;
  /** `sprop-parameter-sets`: SPS and PPS, without start codes. */
  readonly parameterSets: readonly Uint8Array[];
}

const H264_TICKS_PER_SECOND = 90_000; // RFC 6184 §8.2.1; a few cameras write another rate and use it

/** Payload types with a fixed meaning that cameras leave without `a=rtpmap` (RFC 3551 §6). */
const STATIC_VIDEO: Readonly<Record<string, string>> = {
  26: 'JPEG',
  31: 'H261',
  32: 'MPV',
  33: 'MP2T',
  34: 'H263',
};

/**
 * Finds the first H.264 stream in the answer to DESCRIBE. Lines that are none are passed over, as cameras send some.
 *
 * @param base what its control addresses are relative to.
 * @throws {RtspError} `source/no-video`
 * @throws {HandOver} for another codec, encryption, and what is no RTP
 * @throws {MalformedError} `sdp/*`
 */
export function describedVideo(sdp: string, base: string): DescribedVideo {
  const rows = sdp.split(/\r\n|\r|\n/).map((row) => row.trim());
  const session = parseSdp(rows.filter((row) => /^[a-z]=/i.test(row)).join('\r\n'));
  const videos = session.media.filter(({ kind }) => kind === 'video');
  if (videos.length === 0) throw new RtspError('source/no-video', 'there is no video in it');
  const found = videos.map(h264Of).find((track) => track !== undefined);
  if (found === undefined) throw new HandOver(`its video is ${codecOf(videos[0])}, not H.264`);
  const { media, format } = found;
  if (!/^RTP\/AVPF?(\/|$)/i.test(media.protocol)) {
    throw new HandOver(`its video is sent by ${media.protocol.slice(0, 40)}, not plain RTP`);
  }
  const mode = format.parameters.get('packetization-mode') ?? '0';
  if (mode !== '0' && mode !== '1')
    throw new HandOver(`its H.264 comes in packetization-mode ${mode.slice(0, 8)}`);
  const sessionUrl = resolveControl(base, attribute(session, 'control'));
  const { clockRate } = format;
  return {
    // To the session's own address where there is one: so other clients read it, and cameras are tried with those.
    trackUrl: resolveControl(sessionUrl, attribute(media, 'control')),
    sessionUrl,
    payloadType: format.payloadType,
    ticksPerSecond: clockRate >= 1000 && clockRate <= 1e7 ? clockRate : H264_TICKS_PER_SECOND,
    parameterSets: parameterSetsOf(format),
  };
}

function h264Of(media: SdpMedia): { readonly media: SdpMedia; readonly format: RtpFormat } | undefined {
  const format = rtpFormats(media).find(({ codec }) => codec === 'H264');
  return format && { media, format };
}

function codecOf(media: SdpMedia | undefined): string {
  const [format] = media?.formats ?? [];
  const codec = media && rtpFormats(media)[0]?.codec;
  return (codec ?? STATIC_VIDEO[format ?? ''] ?? `payload type ${format}`).slice(0, 40);
}

function parameterSetsOf({ parameters }: RtpFormat): readonly Uint8Array[] {
  return (parameters.get('sprop-parameter-sets') ?? '')
    .split(',')
    .map((text) => withoutStartCode(new Uint8Array(Buffer.from(text, 'base64'))))
    .filter((nal) => nal.byteLength > 1 && (nalType(nal) === NAL_TYPE.sps || nalType(nal) === NAL_TYPE.pps));
}

/** Some cameras put the start code into `sprop-parameter-sets` too. */
function withoutStartCode(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  return first >= 2 && bytes[first] === 1 ? bytes.subarray(first + 1) : bytes;
}
