import type { FfmpegError } from '../failure.ts';
import { PLAYED_RATE, SampleChild } from './sample-child.ts';

/** Where sound is played. */
export type SoundSink =
  /** A sound device of this machine, by its name in ALSA. */
  | { readonly kind: 'alsa'; readonly device: string }
  /** A WAV file, which is written anew. */
  | { readonly kind: 'file'; readonly path: string };

/** What a player is opened with. */
export interface SoundPlayerOptions {
  readonly sink: SoundSink;
  /** Called once, when it ended by itself: the device is gone, or was never there. */
  readonly failed: (why: FfmpegError) => void;
  /** The command, by absolute path or by name in PATH. Default `ffmpeg`. */
  readonly command?: string;
}

/** More that waits is left out: what is said shall be heard soon. */
const MOST_WAITING_SECONDS = 0.2;

/** Plays samples by the `ffmpeg` command. Its giver keeps the pace: what is written is played at once. */
export class SoundPlayer {
  readonly #child: SampleChild;

  /** @throws {FfmpegError} `ffmpeg/missing` with how to get FFmpeg */
  constructor({ sink, failed, command }: SoundPlayerOptions) {
    const input = `-threads 1 -probesize 32 -analyzeduration 0 -fflags nobuffer -f s16le -ar ${PLAYED_RATE} -ac 1 -i pipe:0`;
    // Hardware takes two channels rather than one.
    const output =
      sink.kind === 'alsa'
        ? ['-ac', '2', '-f', 'alsa', sink.device]
        : ['-f', 'wav', '-y', `file:${sink.path}`];
    this.#child = new SampleChild(command, [...input.split(' '), ...output], { ended: failed });
  }

  /** Takes samples, mono, 48 000 a second. @returns false when they were left out: too much waits */
  write(samples: Int16Array): boolean {
    if (this.#child.waitingBytes > MOST_WAITING_SECONDS * PLAYED_RATE * 2) return false;
    const bytes = Buffer.alloc(samples.length * 2);
    for (let at = 0; at < samples.length; at++) bytes.writeInt16LE(samples[at] ?? 0, at * 2);
    this.#child.write(bytes);
    return true;
  }

  /** Plays what was written, and ends; resolves when it is gone. */
  close(): Promise<void> {
    return this.#child.stop();
  }
}
