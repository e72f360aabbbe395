import { fileURLToPath } from 'node:url';
import type { DemuxRequest } from './demuxed-unit.ts';
import { formatOptions } from './input-options.ts';

/** A run of the `ffmpeg` command. */
export interface CommandLine {
  readonly arguments: readonly string[];
  /** What it reads from standard input. */
  readonly input: string;
}

const QUIET = ['-hide_banner', '-nostats', '-loglevel', 'info'];
const TO_FLV = ['-flush_packets', '1', '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1'];
const COPY = ['-map', '0:v:0', '-c:v', 'copy'];
const ENCODE = [
  ...['-map', '0:v:0', '-vf', 'scale=trunc(iw/2)*2:trunc(ih/2)*2', '-pix_fmt', 'yuv420p', '-c:v', 'libx264'],
  ...['-profile:v', 'baseline', '-preset', 'superfast', '-tune', 'zerolatency', '-g', '60', '-bf', '0'],
];

/**
 * The command that demuxes to FLV on its standard output.
 *
 * A network URL may hold a password, and arguments are seen by everybody on the machine. So it goes in as a playlist of
 * one entry on standard input (the `concat` demuxer; its `option` lines need FFmpeg 5).
 */
export function demuxCommand(request: DemuxRequest, mode: 'copy' | 'encode'): CommandLine {
  const options = formatOptions(request);
  const output = [...(mode === 'copy' ? COPY : ENCODE), ...TO_FLV];
  if (request.url.startsWith('file:')) {
    const pace = request.pace === 'real-time' ? ['-re'] : [];
    const input = [
      '-protocol_whitelist',
      `${options['protocol_whitelist']},pipe`,
      '-i',
      `file:${fileURLToPath(request.url)}`,
    ];
    return { arguments: [...QUIET, '-nostdin', ...pace, ...input, ...output], input: '' };
  }
  const { protocol_whitelist: protocols, ...inner } = options;
  const lines = Object.entries(inner).map(([name, value]) => `option ${name} ${value}\n`);
  return {
    arguments: [
      ...QUIET,
      ...['-probesize', '500000', '-fpsprobesize', '0', '-protocol_whitelist', `pipe,${protocols}`],
      ...['-f', 'concat', '-safe', '0', '-i', 'pipe:0', ...output],
    ],
    input: `ffconcat version 1.0\nfile '${request.url}'\n${lines.join('')}`,
  };
}
