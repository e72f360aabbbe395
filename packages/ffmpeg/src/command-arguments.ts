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
// A description names the codec; looking into the pictures for long would delay the first.
const HASTE = ['-probesize', '500000', '-fpsprobesize', '0'];
const COPY = '-map 0:v:0 -c:v copy'.split(' ');
const DATE = ['-bsf:v', 'setts=pts=if(eq(PTS\\,NOPTS)\\,max(0\\,DTS)\\,PTS)'];
const ENCODE =
  '-map 0:v:0 -vf scale=trunc(iw/2)*2:trunc(ih/2)*2 -pix_fmt yuv420p -c:v libx264 -profile:v baseline -preset superfast -tune zerolatency -g 60 -bf 0'.split(
    ' ',
  );
const OUTPUTS = { copy: COPY, 'copy-and-date': [...COPY, ...DATE], encode: ENCODE } as const;
const TO_FLV = ['-flush_packets', '1', '-flvflags', 'no_duration_filesize', '-f', 'flv', 'pipe:1'];

/** What the command does with the pictures. */
export type CommandMode =
  /** Passes them through. */
  | 'copy'
  /**
   * Passes them through and dates those at the start that came undated, as RTP's do. Where pictures are reordered FLV
   * refuses them else. It costs the time of a picture: the filter waits for the next one.
   */
  | 'copy-and-date'
  /** Encodes them to H.264. */
  | 'encode';

/** The command that demuxes to FLV on its standard output. */
export function demuxCommand(request: DemuxRequest, mode: CommandMode): CommandLine {
  const input = inputOf(request);
  const output = [...OUTPUTS[mode], ...TO_FLV];
  return { arguments: [...QUIET, ...input.arguments, ...output], input: input.input };
}

function inputOf(request: DemuxRequest): CommandLine {
  const { url } = request;
  const options = formatOptions({ ...request, audio: 'off' });
  if (url.startsWith('file:')) {
    const pace = request.pace === 'real-time' ? ['-re'] : [];
    return {
      arguments: ['-nostdin', ...pace, ...flags(options), '-i', `file:${fileURLToPath(url)}`],
      input: '',
    };
  }
  // Without `-copyts` FFmpeg begins its time line at the first picture that is dated, which is not the first.
  if (!mayHoldSecret(url)) {
    return { arguments: ['-nostdin', '-copyts', ...HASTE, ...flags(options), '-i', url], input: '' };
  }
  return hidden(url, options);
}

/**
 * Everybody on the machine sees the arguments of a program, so a URL with a password goes in as a playlist of one entry
 * on standard input (the `concat` demuxer; its `option` lines need FFmpeg 5). It begins the time line at the first
 * picture that is dated: where pictures are reordered, the first three or four are dated up to 100 ms too late.
 */
function hidden(url: string, options: Readonly<Record<string, string>>): CommandLine {
  const { protocol_whitelist: protocols, ...inner } = options;
  const lines = Object.entries(inner).map(([name, value]) => `option ${name} ${value}\n`);
  return {
    arguments: [
      ...HASTE,
      ...flags({ protocol_whitelist: `pipe,${protocols}` }),
      ...'-f concat -safe 0 -i pipe:0'.split(' '),
    ],
    input: `ffconcat version 1.0\nfile '${url}'\n${lines.join('')}`,
  };
}

const flags = (options: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(options).flatMap(([name, value]) => [`-${name}`, value]);

const mayHoldSecret = (url: string): boolean =>
  /^[a-z][a-z0-9+.-]*:\/\/[^/]*@/i.test(url) || url.includes('?');
