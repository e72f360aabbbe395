/** Samples of a millisecond. */
const PER_MS = 48;

/** Bounds of a voice that waits to be heard, in milliseconds. */
export interface VoiceBounds {
  /** What must have come before it is heard: the jitter that does no harm. */
  readonly startMs: number;
  /** What may wait at most; over it the oldest is left out. */
  readonly mostMs: number;
  /** How long there must have been too much before the rest is left out. */
  readonly patienceMs: number;
}

/** Bounds that fit a talk over a network at home. */
const VOICE_BOUNDS: VoiceBounds = { startMs: 60, mostMs: 400, patienceMs: 1000 };

/** What became of a voice, in milliseconds of sound where nothing else is said. */
export interface VoiceQueueCounters {
  /** Came while too much waited: the oldest was left out. */
  readonly overflowMs: number;
  /** Waited for so long that it was never needed: left out, so that the talk does not lag. */
  readonly trimmedMs: number;
  /** Times it was out of sound: ends of sentences, and a network that stalls. */
  readonly ranDry: number;
}

/** One viewer's sound between its decoder, which gives it when it comes, and the mixer, which takes it by the clock. */
export class VoiceQueue {
  readonly #bounds: VoiceBounds;
  #parts: Int16Array[] = [];
  #waiting = 0;
  #playing = false;
  /** The least that waited, and samples taken, since the last look. */
  #least = Number.POSITIVE_INFINITY;
  #looked = 0;
  readonly #counters = { overflowMs: 0, trimmedMs: 0, ranDry: 0 };

  constructor(bounds: VoiceBounds = VOICE_BOUNDS) {
    this.#bounds = bounds;
  }

  get counters(): VoiceQueueCounters {
    return { ...this.#counters };
  }

  /** Milliseconds of sound that wait. */
  get waitingMs(): number {
    return this.#waiting / PER_MS;
  }

  /** Takes samples, which are the queue's from now on. */
  push(samples: Int16Array): void {
    this.#parts.push(samples);
    this.#waiting += samples.length;
    const over = this.#waiting - this.#bounds.mostMs * PER_MS;
    if (over > 0) this.#counters.overflowMs += this.#leaveOut(over);
    if (this.#waiting >= this.#bounds.startMs * PER_MS) this.#playing = true;
  }

  /**
   * Adds what is due to `mix`, each sample to the one at its place.
   * @returns false when there was nothing: the voice is silent
   */
  addTo(mix: Int32Array): boolean {
    if (!this.#playing) return false;
    let at = 0;
    while (at < mix.length) {
      const [part] = this.#parts;
      if (part === undefined) break;
      const count = Math.min(part.length, mix.length - at);
      for (let i = 0; i < count; i++) mix[at + i] = (mix[at + i] ?? 0) + (part[i] ?? 0);
      at += count;
      this.#drop(count);
    }
    if (at < mix.length) {
      this.#playing = false;
      this.#counters.ranDry++;
      this.#look();
    } else this.#trim(mix.length);
    return at > 0;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#parts = [];
    this.#waiting = 0;
    this.#playing = false;
    this.#look();
  }

  #trim(taken: number): void {
    this.#least = Math.min(this.#least, this.#waiting);
    this.#looked += taken;
    if (this.#looked < this.#bounds.patienceMs * PER_MS) return;
    const spare = this.#least - this.#bounds.startMs * PER_MS;
    if (spare > 0) this.#counters.trimmedMs += this.#leaveOut(spare);
    this.#look();
  }

  #look(): void {
    this.#least = Number.POSITIVE_INFINITY;
    this.#looked = 0;
  }

  /** @returns milliseconds that were left out */
  #leaveOut(samples: number): number {
    for (let left = samples; left > 0; ) {
      const count = Math.min(left, this.#parts[0]?.length ?? left);
      this.#drop(count);
      left -= count;
    }
    return samples / PER_MS;
  }

  #drop(count: number): void {
    const [part] = this.#parts;
    if (part === undefined) return;
    this.#waiting -= count;
    if (count >= part.length) this.#parts.shift();
    else this.#parts[0] = part.subarray(count);
  }
}
