import { execFileSync } from 'node:child_process';
import { type Micros, micros, millis } from '@pinhole/core';
import { type AccessUnit, Stream } from '@pinhole/engine';
import { AccessUnitAssembler } from '@pinhole/media/h264';
import { thirdParty } from './third-parties.ts';

/** How a clip is encoded. */
export interface ClipOptions {
  readonly size?: string;
  readonly framesPerSecond?: number;
  readonly seconds?: number;
  readonly profile?: 'baseline' | 'main' | 'high';
  /** Frames from one key frame to the next. */
  readonly gop?: number;
  readonly bFrames?: number;
  readonly bitrate?: string;
}

/** Pictures of ffmpeg's test card, encoded by x264, in decoding order. */
export function encodeClip(
  options: ClipOptions = {},
): readonly { readonly data: Uint8Array; readonly key: boolean }[] {
  const ffmpeg = thirdParty('ffmpeg');
  if (ffmpeg === undefined) throw new Error('ffmpeg is not installed');
  const { size = '640x360', framesPerSecond = 30, seconds = 4, profile = 'baseline', gop = 30 } = options;
  const { bFrames = 0, bitrate = '1M' } = options;
  const source = `testsrc2=size=${size}:rate=${framesPerSecond}:duration=${seconds}`;
  const x264 = `aud=1:scenecut=0:repeat-headers=1:keyint=${gop}:min-keyint=${gop}:bframes=${bFrames}`;
  const args = `-hide_banner -loglevel error -f lavfi -i ${source} -pix_fmt yuv420p -c:v libx264 -preset ultrafast
    -profile:v ${profile} -b:v ${bitrate} -maxrate ${bitrate} -bufsize ${bitrate} -x264-params ${x264} -f h264 -`;
  const bytes = execFileSync(ffmpeg, args.split(/\s+/), { maxBuffer: 256 * 2 ** 20 });
  const assembler = new AccessUnitAssembler();
  const units = assembler.push(bytes, millis(0));
  const last = assembler.flush();
  return last ? [...units, last] : units;
}

/** A camera of that clip, over and over, at the pace of its frames. */
export class ClipCamera {
  readonly stream: Stream;
  /** Key frames that the stream asked for; the clip cannot make any. */
  keyFramesRequested = 0;
  readonly #now: () => Micros;
  readonly #clip: ReturnType<typeof encodeClip>;
  readonly #frameMicros: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sequence = 0;

  constructor(
    clip: ReturnType<typeof encodeClip>,
    options: {
      readonly now: () => Micros;
      readonly framesPerSecond?: number;
      readonly answersKeyFrameRequests?: true;
    },
  ) {
    this.#clip = clip;
    this.#now = options.now;
    this.#frameMicros = 1e6 / (options.framesPerSecond ?? 30);
    this.stream = new Stream(
      options.answersKeyFrameRequests ? { requestKeyFrame: () => this.keyFramesRequested++ } : {},
    );
  }

  /** Writes the next picture. */
  step(): AccessUnit {
    const sequence = this.#sequence++;
    const picture = this.#clip[sequence % this.#clip.length];
    if (!picture) throw new Error('an empty clip');
    const pts = micros(Math.round(sequence * this.#frameMicros));
    const unit = { ...picture, captureTime: this.#now(), pts, dts: pts, sequence };
    this.stream.write(unit, this.#now());
    this.stream.tick(this.#now());
    return unit;
  }

  /** Plays until `stop`. */
  play(): void {
    const start = performance.now() - (this.#sequence * this.#frameMicros) / 1000;
    const tick = (): void => {
      this.step();
      const due = start + (this.#sequence * this.#frameMicros) / 1000;
      this.#timer = setTimeout(tick, Math.max(0, due - performance.now()));
    };
    tick();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
