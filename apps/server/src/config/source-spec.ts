import { PinholeError } from '@pinhole/core';
import { didYouMean } from './suggest.ts';

/** Which source a camera has and how it is set up, read from one line of text. */
export type SourceSpec =
  | {
      readonly kind: 'synthetic';
      readonly width: number;
      readonly height: number;
      readonly framesPerSecond: number;
      readonly gopFrames: number;
    }
  | { readonly kind: 'file'; readonly path: string }
  | {
      readonly kind: 'rtsp';
      /** With its credentials: never to be logged or sent out. */
      readonly url: string;
      readonly transport: 'tcp' | 'udp';
      /** Leaves the camera to FFmpeg, though our own client might do. */
      readonly via?: 'ffmpeg';
    };

const KINDS = ['synthetic', 'file', 'rtsp', 'rtsps'];
const FORMS = 'synthetic, synthetic:1280x720@30?gop=60, file:clip.mp4, rtsp://host/path';

/**
 * Reads `synthetic[:WIDTHxHEIGHT[@FPS]][?gop=FRAMES]`, `file:PATH` or `rtsp://…[?transport=udp][&via=ffmpeg]`. The
 * keys `transport` and `via` of an RTSP address are ours and are taken out before the camera sees it.
 *
 * @throws {PinholeError} `config/source`, in words, with the forms that would do. Credentials are left out.
 */
export function parseSourceSpec(text: string): SourceSpec {
  const kind = /^[a-z0-9+.-]*/i.exec(text)?.[0].toLowerCase() ?? '';
  if (kind === 'synthetic') return parseSynthetic(text);
  if (kind === 'file') return parseFile(text);
  if (kind === 'rtsp' || kind === 'rtsps') return parseRtsp(text);
  const shown = text.length > 40 || text.includes('@') ? `${kind}…` : text;
  throw fault(`"${shown}" is no source.${didYouMean(kind, KINDS)} Sources are: ${FORMS}`);
}

function parseSynthetic(text: string): SourceSpec {
  const match =
    /^synthetic(?::(?<width>\d+)x(?<height>\d+)(?:@(?<rate>\d+(?:\.\d+)?))?)?(?:\?(?<query>.*))?$/i.exec(
      text,
    );
  if (match === null) throw fault(`"${text}": write synthetic or synthetic:WIDTHxHEIGHT@FPS?gop=FRAMES`);
  const { width, height, rate, query } = match.groups ?? {};
  const framesPerSecond = within('frames per second', Number(rate ?? 30), 1, 60);
  let gopFrames = Math.round(framesPerSecond * 2);
  for (const [key, value] of new URLSearchParams(query ?? '')) {
    if (key !== 'gop')
      throw fault(`"${text}": "${key}" is no setting of synthetic.${didYouMean(key, ['gop'])}`);
    gopFrames = whole('gop', value, 1, 3600);
  }
  return {
    kind: 'synthetic',
    width: even('width', Number(width ?? 1280), 160, 1920),
    height: even('height', Number(height ?? 720), 120, 1080),
    framesPerSecond,
    gopFrames,
  };
}

function parseFile(text: string): SourceSpec {
  const path = text.slice('file:'.length).replace(/^\/\/(?=\/)/, '');
  if (!text.startsWith('file:') || path === '') throw fault(`"${text}": write file:PATH, e.g. file:clip.mp4`);
  return { kind: 'file', path };
}

function parseRtsp(text: string): SourceSpec {
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw fault(
      'the rtsp address cannot be read; write rtsp://user:password@host:554/path, with special characters percent-encoded',
      cause,
    );
  }
  if (url.hostname === '') throw fault('the rtsp address names no host; write rtsp://host/path');
  const transport = url.searchParams.get('transport') ?? 'tcp';
  if (transport !== 'tcp' && transport !== 'udp') {
    throw fault(`transport "${transport}" of the rtsp address: write transport=tcp or transport=udp`);
  }
  const via = url.searchParams.get('via') ?? 'auto';
  if (via !== 'auto' && via !== 'ffmpeg') {
    throw fault(`via "${via}" of the rtsp address: write via=auto or via=ffmpeg`);
  }
  const stripped = withoutKey(withoutKey(text, 'transport'), 'via');
  return { kind: 'rtsp', url: stripped, transport, ...(via === 'ffmpeg' && { via }) };
}

/** Cut out of the text, not out of the parsed query: writing that back would re-encode what the camera reads. */
const withoutKey = (url: string, key: string): string =>
  url.replace(new RegExp(`([?&])${key}=[^&#]*(&?)`), (_, before: string, after: string) =>
    after === '' ? '' : before,
  );

function within(name: string, value: number, min: number, max: number): number {
  if (value < min || value > max) throw fault(`${name} ${value} of synthetic: must be from ${min} to ${max}`);
  return value;
}

function whole(name: string, text: string, min: number, max: number): number {
  if (!/^\d+$/.test(text)) throw fault(`${name} "${text}" of synthetic: must be a whole number`);
  return within(name, Number(text), min, max);
}

function even(name: string, value: number, min: number, max: number): number {
  if (value % 2 !== 0) throw fault(`${name} ${value} of synthetic: must be even (4:2:0 pictures)`);
  return within(name, value, min, max);
}

const fault = (message: string, cause?: unknown): PinholeError =>
  new PinholeError('config/source', message, { cause });
