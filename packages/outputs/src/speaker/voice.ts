import type { ViewerAudioFrame } from '@pinhole/engine';
import { OpusDecoder } from '@pinhole/ffmpeg';
import { VoiceQueue, type VoiceQueueCounters } from './voice-queue.ts';

/** What a viewer's voice needs of its speaker. */
export interface VoiceHost {
  readonly command: string | undefined;
  /** Asks for one of the decoders that may run at once. */
  readonly mayDecode: () => boolean;
  /** The voice has something to say. */
  readonly spoke: () => void;
  /** Its decoder ended by itself. */
  readonly failed: (why: Error) => void;
}

/** What became of what a viewer said. */
export interface VoiceCounters extends VoiceQueueCounters {
  readonly frames: number;
  /** Packets of a muted microphone. */
  readonly silent: number;
  /** Packets that came twice, or after a later one. */
  readonly late: number;
  /** Packets that did not come. */
  readonly lost: number;
  /** Packets left out because so many viewers talk at once. */
  readonly crowded: number;
  /** Packets left out because the decoder is not there, or does not keep up. */
  readonly undecoded: number;
}

/** A muted microphone says in so many bytes that there is nothing to hear (RFC 6716 §3.1: a code, and an empty frame). */
const MOST_SILENT_BYTES = 3;
/** A decoder that ended by itself is not replaced before. */
const RETRY_MS = 1000;
/** Sequence numbers further back are of a sender that began anew. */
const FAR_BACK = 1000;

/** What one viewer says: packets in their order, decoded while there are any. */
export class Voice {
  readonly queue = new VoiceQueue();
  readonly #host: VoiceHost;
  #decoder: OpusDecoder | undefined;
  #leaving: Promise<void> = Promise.resolve();
  #last: number | undefined;
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #spokeMs = Number.NEGATIVE_INFINITY;
  #ended = false;
  readonly #counters = { frames: 0, silent: 0, late: 0, lost: 0, crowded: 0, undecoded: 0 };

  constructor(host: VoiceHost) {
    this.#host = host;
  }

  get counters(): VoiceCounters {
    return { ...this.#counters, ...this.queue.counters };
  }

  /** Whether it holds one of the decoders that may run at once. */
  get decodes(): boolean {
    return this.#decoder !== undefined;
  }

  /** Takes a packet. Never throws. */
  write({ data, sequence }: ViewerAudioFrame): void {
    if (this.#ended) return;
    this.#counters.frames++;
    if (!this.#isNext(sequence)) {
      this.#counters.late++;
      return;
    }
    if (data.byteLength <= MOST_SILENT_BYTES) {
      this.#counters.silent++;
      return;
    }
    if (this.#decoder === undefined && !this.#host.mayDecode()) {
      this.#counters.crowded++;
      return;
    }
    this.#spokeMs = performance.now();
    this.#decoder ??= this.#open();
    if (this.#decoder?.push(data) !== true) this.#counters.undecoded++;
    this.#host.spoke();
  }

  /** Gives its decoder back until there is something to say again; what waits is past. */
  rest(): void {
    this.queue.clear();
    const decoder = this.#decoder;
    this.#decoder = undefined;
    if (decoder) this.#leaving = Promise.all([this.#leaving, decoder.close()]).then(() => {});
  }

  /** Rests, where nothing was said since `sinceMs`. */
  restIfSilent(sinceMs: number): void {
    if (this.decodes && this.#spokeMs < sinceMs) this.rest();
  }

  /** Resolves when nothing of it runs any more. */
  end(): Promise<void> {
    this.#ended = true;
    this.rest();
    return this.#leaving;
  }

  #open(): OpusDecoder | undefined {
    const { command } = this.#host;
    if (performance.now() < this.#retryAtMs) return undefined;
    try {
      const decoder: OpusDecoder = new OpusDecoder({
        write: (samples) => {
          if (this.#decoder === decoder) this.queue.push(samples);
        },
        failed: (why) => {
          if (this.#decoder === decoder) this.#fail(why);
        },
        ...(command !== undefined && { command }),
      });
      return decoder;
    } catch (thrown) {
      this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
      return undefined;
    }
  }

  #fail(why: Error): void {
    this.#decoder = undefined;
    this.#retryAtMs = performance.now() + RETRY_MS;
    this.#host.failed(why);
  }

  #isNext(sequence: number): boolean {
    const ahead = this.#last === undefined ? 1 : (sequence - this.#last) & 0xffff;
    const behind = 0x1_0000 - ahead;
    if (ahead === 0 || behind < FAR_BACK) return false;
    if (ahead < FAR_BACK) this.#counters.lost += ahead - 1;
    this.#last = sequence;
    return true;
  }
}
