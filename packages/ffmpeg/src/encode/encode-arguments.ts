import { availableParallelism } from 'node:os';
import type { EncoderName, EncoderTuning } from './encoder-options.ts';

/** Whether damaged pictures are refused, or shown as far as they go. */
export type Strictness = 'strict' | 'tolerant';

const MOST_THREADS = 4;
const X264 = '-profile:v baseline -preset ultrafast -tune zerolatency -threads'.split(' ');

/** The arguments with which the `ffmpeg` command encodes pictures from its standard input, each at once. */
export function encodeArguments(
  command: { readonly encoder: EncoderName; readonly strictness: Strictness },
  tuning: EncoderTuning,
): readonly string[] {
  const { encoder, strictness } = command;
  const bitrate = String(Math.round(tuning.bitrate));
  return [
    ...'-hide_banner -nostats -loglevel error -copyts'.split(' '),
    // Looking into the pictures for long, or decoding several at a time, would delay each.
    ...'-probesize 32 -analyzeduration 0 -fpsprobesize 0 -threads 1'.split(' '),
    ...(strictness === 'strict' ? ['-err_detect', 'explode'] : []),
    ...'-f matroska -i pipe:0 -map 0:v:0 -fps_mode passthrough'.split(' '),
    ...'-vf scale=trunc(iw/2)*2:trunc(ih/2)*2:out_range=tv -pix_fmt yuv420p -c:v'.split(' '),
    encoder,
    ...(encoder === 'libx264' ? [...X264, String(Math.min(availableParallelism(), MOST_THREADS))] : []),
    '-r',
    String(tuning.framesPerSecond),
    '-g',
    String(tuning.gop),
    ...'-bf 0 -b:v'.split(' '),
    bitrate,
    '-maxrate',
    bitrate,
    '-bufsize',
    String(Math.round(tuning.bitrate / 2)),
    ...'-flush_packets 1 -flvflags no_duration_filesize -f flv pipe:1'.split(' '),
  ];
}
