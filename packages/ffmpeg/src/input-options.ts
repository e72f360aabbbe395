import type { DemuxRequest } from './demuxed-unit.ts';
import { FfmpegError } from './failure.ts';

const INPUT_TIMEOUT_MICROS = 5_000_000;

// What an input may open in turn: a playlist or session description must not lead FFmpeg to another kind of place.
const PROTOCOLS: Readonly<Record<string, string>> = {
  'rtsp:': 'rtsp,rtsps,rtp,srtp,udp,tcp,tls',
  'rtsps:': 'rtsp,rtsps,rtp,srtp,udp,tcp,tls',
  'http:': 'http,https,httpproxy,tcp,tls,crypto',
  'https:': 'http,https,httpproxy,tcp,tls,crypto',
  'file:': 'file,crypto',
};

/**
 * The protocols that FFmpeg may use to read `url`.
 * @throws {FfmpegError} `ffmpeg/unsupported-url`
 */
export function protocolsOf(url: string): string {
  const scheme = /^[a-z][a-z0-9+.-]*:/i.exec(url)?.[0].toLowerCase() ?? '';
  const protocols = PROTOCOLS[scheme];
  if (protocols === undefined || /[\s']/.test(url)) {
    throw new FfmpegError(
      'ffmpeg/unsupported-url',
      `${scheme === '' ? 'a URL without a scheme' : `a "${scheme}" URL`} cannot be read: write one that starts with rtsp:, rtsps:, http:, https: or file:, with blanks and quotes percent-encoded`,
    );
  }
  return protocols;
}

/** FFmpeg's options for opening an input, by name. */
export function formatOptions(request: DemuxRequest): Readonly<Record<string, string>> {
  const protocols = { protocol_whitelist: protocolsOf(request.url) };
  if (!/^rtsps?:/i.test(request.url)) return protocols;
  return {
    ...protocols,
    rtsp_transport: request.transport ?? 'tcp',
    // Only what we want: a camera's other streams would cost its network.
    allowed_media_types: request.audio === 'on' ? 'video+audio' : 'video',
    timeout: String(INPUT_TIMEOUT_MICROS),
  };
}
