import { createRtspSource } from '@pinhole/sources/rtsp';
import { type SourceKind, sourceFault } from './source-kind.ts';

/** A network camera. */
export interface RtspSpec {
  readonly kind: 'rtsp';
  /** With its credentials: never to be logged or sent out. */
  readonly url: string;
  readonly transport: 'tcp' | 'udp';
  /** Leaves the camera to FFmpeg, though our own client might do. */
  readonly via?: 'ffmpeg';
}

/**
 * `rtsp://…[?transport=udp][&via=ffmpeg]`, and `rtsps`. The keys `transport` and `via` are ours and are taken out
 * before the camera sees the address.
 */
export const rtsp: SourceKind<RtspSpec> = {
  kind: 'rtsp',
  schemes: ['rtsp', 'rtsps'],
  example: 'rtsp://host/path',
  parse: (text) => {
    let url: URL;
    try {
      url = new URL(text);
    } catch (cause) {
      throw sourceFault(
        'the rtsp address cannot be read; write rtsp://user:password@host:554/path, with special characters percent-encoded',
        cause,
      );
    }
    if (url.hostname === '') throw sourceFault('the rtsp address names no host; write rtsp://host/path');
    const transport = url.searchParams.get('transport') ?? 'tcp';
    if (transport !== 'tcp' && transport !== 'udp') {
      throw sourceFault(`transport "${transport}" of the rtsp address: write transport=tcp or transport=udp`);
    }
    const via = url.searchParams.get('via') ?? 'auto';
    if (via !== 'auto' && via !== 'ffmpeg') {
      throw sourceFault(`via "${via}" of the rtsp address: write via=auto or via=ffmpeg`);
    }
    const stripped = withoutKey(withoutKey(text, 'transport'), 'via');
    return { kind: 'rtsp', url: stripped, transport, ...(via === 'ffmpeg' && { via }) };
  },
  open: ({ url, transport, via }, { log, audio }) =>
    createRtspSource({ url, transport, via: via ?? 'auto', audio, log }),
  inWords: ({ url }) => `rtsp ${new URL(url).host}`,
};

/** Cut out of the text, not out of the parsed query: writing that back would re-encode what the camera reads. */
const withoutKey = (url: string, key: string): string =>
  url.replace(new RegExp(`([?&])${key}=[^&#]*(&?)`), (_, before: string, after: string) =>
    after === '' ? '' : before,
  );
