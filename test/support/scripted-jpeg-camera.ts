import { micros, PinholeError } from '@pinhole/core';
import type { MediaKind, Source, SourceSink, SourceState } from '@pinhole/engine';
import { hex } from './hex.ts';

/** A grey square of 8 × 8 pixels, baseline (ITU-T T.81), with room before its end for as many bytes as a test wants. */
const HEAD = hex(`
  ffd8                                          # SOI
  ffdb 0043 00 ${'01'.repeat(64)}               # DQT: all ones
  ffc0 000b 08 0008 0008 01 01 11 00            # SOF0: 8 × 8, one component
  ffc4 0014 00 01 ${'00'.repeat(15)} 00         # DHT: DC, one code of one bit for 0
  ffc4 0014 10 01 ${'00'.repeat(15)} 00         # DHT: AC, the same for the end of the block
`);
const SCAN = hex(`
  ffda 0008 01 01 00 00 3f 00                   # SOS
  3f                                            # 0 (DC), 0 (end of block), ones to fill the byte
  ffd9                                          # EOI
`);
const LONGEST_COMMENT = 0xff_ff - 2;

/** A JPEG file of about this size that decodes. */
export function greyJpeg(sizeBytes = 0): Uint8Array {
  const comments: Uint8Array[] = [];
  for (let left = sizeBytes - HEAD.length - SCAN.length; left > 4; ) {
    const length = Math.min(left - 4, LONGEST_COMMENT);
    comments.push(Uint8Array.of(0xff, 0xfe, (length + 2) >> 8, (length + 2) & 0xff), new Uint8Array(length));
    left -= length + 4;
  }
  return new Uint8Array(Buffer.concat([HEAD, ...comments, SCAN]));
}

/** A source of JPEG pictures that does what the test says. */
export class ScriptedJpegSource implements Source {
  /** What is wanted, each time it changed. */
  readonly wishes: (readonly MediaKind[])[] = [];
  #sink: SourceSink | undefined;
  #sequence = 0;

  get running(): boolean {
    return this.#sink !== undefined;
  }

  start(sink: SourceSink, { signal }: Parameters<Source['start']>[1]): Promise<void> {
    this.#sink = sink;
    sink.state({ kind: 'live' });
    return new Promise((resolve) => {
      signal.addEventListener('abort', () => {
        this.#sink = undefined;
        resolve();
      });
    });
  }

  want(kinds: ReadonlySet<MediaKind>): void {
    this.wishes.push([...kinds]);
  }

  requestKeyFrame(): void {}

  describe(): ReturnType<Source['describe']> {
    return { kind: 'scripted', label: 'JPEG for tests', keyFrameOnRequest: false, jpeg: true };
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

  /** Hands a picture over. @returns when it was captured, UTC microseconds */
  picture(
    data: Uint8Array,
    size: { readonly width: number; readonly height: number } = { width: 8, height: 8 },
  ) {
    const captureTime = micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
    this.#sink?.picture?.({ data, ...size, captureTime, sequence: this.#sequence++ });
    return captureTime;
  }
}
