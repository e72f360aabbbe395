import { type Micros, micros, PinholeError, silentLogger } from '@pinhole/core';
import {
  type AccessUnit,
  Camera,
  type CameraOptions,
  type Source,
  type SourceSink,
  type SourceState,
} from '@pinhole/engine';
import { hex } from './hex.ts';

const PARAMETER_SETS = hex(`
  00000001 6742c00ad9047b0110000003001000000303c0f1226480  # SPS: baseline 1.0, 64 × 48, 30 fps
  00000001 68cb83cb20                                      # PPS
`);
const IDR_SLICE = hex('000001 6588840bf262800199 39393aebaebaebaebc');
const P_SLICE = hex('00000001 419a3815e360');
const FRAME_DURATION = 33_333;

/** A source that does what the test says, made of three pictures that really decode. */
export class ScriptedSource implements Source {
  /** Key frames that were asked for. */
  keyFramesRequested = 0;
  /** Bytes of filler that each picture carries, to make it as large as a real one. */
  fillerBytes = 0;
  #sink: SourceSink | undefined;
  #sequence = 0;
  readonly #now: () => Micros;

  constructor(now: () => Micros) {
    this.#now = now;
  }

  get running(): boolean {
    return this.#sink !== undefined;
  }

  start(sink: SourceSink, { signal }: Parameters<Source['start']>[1]): Promise<void> {
    this.#sink = sink;
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.#sink = undefined;
        resolve();
      });
    });
  }

  requestKeyFrame(): void {
    this.keyFramesRequested++;
  }

  describe(): ReturnType<Source['describe']> {
    return { kind: 'scripted', label: 'for tests', keyFrameOnRequest: true };
  }

  controls(): ReturnType<Source['controls']> {
    return [];
  }

  setControl(id: string): Promise<void> {
    return Promise.reject(new PinholeError('control/unknown', id));
  }

  /** Says what it is doing. */
  state(state: SourceState): void {
    this.#sink?.state(state);
  }

  /** Makes one picture. */
  frame({ key }: Pick<AccessUnit, 'key'>): void {
    const filler = this.#filler();
    const parts = key ? [PARAMETER_SETS, IDR_SLICE, filler] : [P_SLICE, filler];
    this.picture({ data: Buffer.concat(parts), key });
  }

  /** Hands over a picture of the test's own. */
  picture({ data, key }: Pick<AccessUnit, 'data' | 'key'>): void {
    const at = micros(this.#sequence * FRAME_DURATION);
    this.#sink?.write({
      data,
      key,
      captureTime: this.#now(),
      pts: at,
      dts: at,
      sequence: this.#sequence++,
    });
  }

  #filler(): Uint8Array {
    // SEI user data: kept by the stream, passed over by decoders.
    if (this.fillerBytes === 0) return new Uint8Array();
    const size = Math.ceil(this.fillerBytes / 255);
    const head = [0, 0, 0, 1, 6, 5, ...new Uint8Array(size).fill(255), 0];
    return Uint8Array.from([...head, ...new Uint8Array(size * 255).fill(0x77), 0x80]);
  }
}

/** A camera over a scripted source. The test calls `tick` where a program has a timer. */
export function scriptedCamera(options: Partial<CameraOptions> & { readonly id: string }): {
  camera: Camera;
  source: ScriptedSource;
} {
  const now = options.now ?? (() => micros(Date.now() * 1000));
  const source = new ScriptedSource(now);
  const camera = new Camera({
    source,
    now,
    openAbort: () => new AbortController(),
    log: silentLogger,
    ...options,
  });
  return { camera, source };
}
