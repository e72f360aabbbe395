import type { FfmpegError } from '../failure.ts';
import { OggOpusWriter } from './ogg.ts';
import { PLAYED_RATE, SampleChild } from './sample-child.ts';

/** What an Opus decoder is opened with. */
export interface OpusDecoderOptions {
  /** Takes samples as they come, mono, 48 000 a second, with memory of their own. */
  readonly write: (samples: Int16Array) => void;
  /** Called once, when it ended by itself. */
  readonly failed: (why: FfmpegError) => void;
  /** The command, by absolute path or by name in PATH. Default `ffmpeg`. */
  readonly command?: string;
}

/** A child that does not take so much sound hangs: 32 kbit/s for 16 s. */
const MOST_WAITING_BYTES = 65_536;

/** Samples of 20 ms: what browsers put in a packet. The decoder goes by what is in it. */
const SAMPLES_PER_PACKET = 960;

/** Opus packets in, samples out, each at once, in a child process (the `ffmpeg` command). */
export class OpusDecoder {
  readonly #child: SampleChild;
  readonly #ogg = new OggOpusWriter();
  /** The first half of a sample whose other half has not come. */
  #half: number | undefined;
  #headed = false;

  /** @throws {FfmpegError} `ffmpeg/missing` with how to get FFmpeg */
  constructor({ write, failed, command }: OpusDecoderOptions) {
    const line = [
      '-threads 1 -probesize 32 -analyzeduration 0 -fflags nobuffer -flags low_delay -f ogg -i pipe:0',
      `-vn -ac 1 -ar ${PLAYED_RATE} -f s16le -flush_packets 1 pipe:1`,
    ];
    this.#child = new SampleChild(command, line.join(' ').split(' '), {
      took: (bytes) => write(this.#samplesIn(bytes)),
      ended: failed,
    });
  }

  /** Takes a packet. @returns false when it was left out: the child does not keep up, or it is no packet */
  push(packet: Uint8Array): boolean {
    if (this.#child.waitingBytes > MOST_WAITING_BYTES) return false;
    if (!this.#headed) this.#child.write(this.#ogg.head(1));
    this.#headed = true;
    const bytes = this.#ogg.packet(packet, SAMPLES_PER_PACKET);
    this.#child.write(bytes);
    return bytes.byteLength > 0;
  }

  /** Ends the child; resolves when it is gone. No sample comes any more. */
  close(): Promise<void> {
    return this.#child.stop();
  }

  #samplesIn(bytes: Uint8Array): Int16Array {
    const whole = Buffer.concat([Buffer.from(this.#half === undefined ? [] : [this.#half]), bytes]);
    this.#half = whole.byteLength % 2 === 1 ? whole[whole.byteLength - 1] : undefined;
    const samples = new Int16Array(whole.byteLength >> 1);
    for (let at = 0; at < samples.length; at++) samples[at] = whole.readInt16LE(at * 2);
    return samples;
  }
}
