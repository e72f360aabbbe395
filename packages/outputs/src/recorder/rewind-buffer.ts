import { type Micros, micros } from '@pinhole/core';
import type { AccessUnitSink, AudioFrame, Camera, StreamReader, StreamUnit } from '@pinhole/engine';

/** How much is remembered. */
export interface RewindLimits {
  /** Default 5 minutes. */
  readonly duration?: Micros;
  /** Sum of the units' bytes, and of what keeping one costs. Default 64 MiB. */
  readonly bytes?: number;
}

/** What a buffer is made with. */
export interface RewindBufferOptions extends RewindLimits {
  readonly camera: Camera;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  /** `camera`: the camera runs for it, so that the last minutes are there whenever somebody comes. Default `nothing`. */
  readonly holds?: 'camera' | 'nothing';
}

/** A key unit, what is decoded with it, and the sound that came meanwhile. */
export interface RewindGop {
  readonly units: readonly StreamUnit[];
  readonly sound: readonly AudioFrame[];
}

/** What happened since the buffer was made. */
export interface RewindCounters {
  /** Let go because they became too old. */
  readonly gopsExpired: number;
  /** Let go because the memory was full; the buffer holds less time than it should. */
  readonly gopsOverflowed: number;
  /** A GOP larger than the whole memory: nothing of it can be kept. */
  readonly unitsDropped: number;
}

/** What is remembered now. */
export interface RewindExtent {
  /** Capture time of the oldest picture; undefined while there is none. */
  readonly from: Micros | undefined;
  /** Capture time of the newest picture. */
  readonly to: Micros | undefined;
  readonly bytes: number;
  readonly units: number;
}

interface Gop {
  readonly units: StreamUnit[];
  readonly sound: AudioFrame[];
  bytes: number;
}

const DEFAULT_DURATION = micros(300_000_000);
const DEFAULT_BYTES = 64 * 2 ** 20;

/** What the objects of a unit take, about, besides its bytes. */
const UNIT_OVERHEAD_BYTES = 512;

/**
 * The last minutes of a camera in memory, whole GOPs, the oldest let go first. Units are shared with the stream, not
 * copied. The newest GOP is never let go for its age; it is for its size when it alone is too large.
 */
export class RewindBuffer implements AccessUnitSink {
  /** Never full: it lets go of old units rather than of new ones. */
  readonly pressure = 0;
  readonly #options: RewindBufferOptions;
  readonly #gops: Gop[] = [];
  #bytes = 0;
  #units = 0;
  #gopsExpired = 0;
  #gopsOverflowed = 0;
  #unitsDropped = 0;
  #reader: StreamReader | undefined;
  #release: (() => void) | undefined;

  constructor(options: RewindBufferOptions) {
    this.#options = options;
  }

  /** Begins to remember. */
  open(): void {
    if (this.#reader !== undefined) return;
    const { camera, now, holds } = this.#options;
    if (holds === 'camera') this.#release = camera.acquire();
    this.#reader = camera.stream.attach(this, { now });
  }

  /** Forgets everything. May be called again. */
  close(): void {
    this.#reader?.detach();
    this.#release?.();
    this.#reader = undefined;
    this.#release = undefined;
    this.#gops.length = 0;
    this.#bytes = 0;
    this.#units = 0;
  }

  get extent(): RewindExtent {
    return {
      from: this.#gops[0]?.units[0]?.captureTime,
      to: this.#gops.at(-1)?.units.at(-1)?.captureTime,
      bytes: this.#bytes,
      units: this.#units,
    };
  }

  get counters(): RewindCounters {
    return {
      gopsExpired: this.#gopsExpired,
      gopsOverflowed: this.#gopsOverflowed,
      unitsDropped: this.#unitsDropped,
    };
  }

  /**
   * The GOPs with pictures captured from `from` to `to`, oldest first: decoding starts at the key unit before `from`.
   * @returns views; they stay whole when the buffer lets go of them
   */
  gops({ from, to }: { readonly from: Micros; readonly to: Micros }): readonly RewindGop[] {
    return this.#gops
      .filter((gop, index) => startOf(gop) <= to && this.#endOf(index) > from)
      .map(({ units, sound }) => ({ units: [...units], sound: [...sound] }));
  }

  write(unit: StreamUnit): void {
    if (unit.key) this.#gops.push({ units: [], sound: [], bytes: 0 });
    const gop = this.#gops.at(-1);
    if (gop === undefined) {
      this.#unitsDropped++;
      return;
    }
    gop.units.push(unit);
    this.#units++;
    this.#add(gop, unit.data.byteLength + UNIT_OVERHEAD_BYTES);
    this.#expire(unit);
  }

  writeAudio(frame: AudioFrame): void {
    const gop = this.#gops.at(-1);
    if (gop === undefined) return;
    gop.sound.push(frame);
    this.#add(gop, frame.data.byteLength + UNIT_OVERHEAD_BYTES);
  }

  #add(gop: Gop, bytes: number): void {
    gop.bytes += bytes;
    this.#bytes += bytes;
    const { bytes: most = DEFAULT_BYTES } = this.#options;
    while (this.#bytes > most && this.#gops.length > 1) {
      this.#letGo();
      this.#gopsOverflowed++;
    }
    if (this.#bytes <= most) return;
    this.#unitsDropped += gop.units.length;
    this.#letGo();
  }

  #expire(newest: StreamUnit): void {
    const { duration = DEFAULT_DURATION } = this.#options;
    // A GOP is too old when the one behind it covers the whole time. Decode times: a clock that is set ages nothing.
    for (let next = this.#gops[1]?.units[0]; next !== undefined; next = this.#gops[1]?.units[0]) {
      const age = newest.dts - next.dts;
      if (age >= 0 && age < duration) return;
      if (age < 0 && newest.captureTime - next.captureTime < duration) return;
      this.#letGo();
      this.#gopsExpired++;
    }
  }

  #letGo(): void {
    const gop = this.#gops.shift();
    if (gop === undefined) return;
    this.#bytes -= gop.bytes;
    this.#units -= gop.units.length;
  }

  /** When the next GOP begins, or after the newest picture. */
  #endOf(index: number): number {
    const next = this.#gops[index + 1];
    const own = this.#gops[index]?.units.at(-1)?.captureTime ?? 0;
    // Across a gap, or a clock that was set back, a GOP ends with its own last picture.
    return next === undefined ? own + 1 : Math.max(own + 1, Math.min(startOf(next), own + GOP_TAIL));
  }
}

/** The last picture of a GOP is shown for no longer than this, whatever comes next. */
const GOP_TAIL = 2_000_000;

const startOf = ({ units }: Gop): number => units[0]?.captureTime ?? 0;
