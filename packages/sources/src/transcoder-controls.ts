import { PinholeError } from '@pinhole/core';
import { type ControlDescriptor, type ControlValue, checkControlValue } from '@pinhole/engine';
import { type EncoderTuning, encoderTuning } from '@pinhole/ffmpeg';

/** Bits a second, as µStreamer has them. */
const BITRATES = { min: 25_000, max: 20_000_000, step: 25_000 };
const MOST_FRAMES = 60;
const LONGEST_GOP = 300;

/** How H.264 is made of pictures, as controls. */
export class TranscoderControls {
  readonly #initial: EncoderTuning;
  readonly #initialMost: number;
  #tuning: EncoderTuning;
  /** No more pictures a second; at its greatest value all that come. */
  #most: number;

  constructor(initial: Partial<EncoderTuning>) {
    this.#initial = encoderTuning(initial);
    this.#initialMost = Math.max(MOST_FRAMES, Math.ceil(this.#initial.framesPerSecond));
    this.#tuning = this.#initial;
    this.#most = this.#initialMost;
  }

  /** For the encoder. */
  get tuning(): EncoderTuning {
    const { framesPerSecond } = this.#tuning;
    // The rate control divides the bits among the pictures that it gets.
    return { ...this.#tuning, framesPerSecond: Math.min(framesPerSecond, this.#most) };
  }

  /** So many pictures a second are encoded at most; infinite for all. */
  get mostFrames(): number {
    return this.#most === this.#initialMost ? Number.POSITIVE_INFINITY : this.#most;
  }

  descriptors(): readonly ControlDescriptor[] {
    const { bitrate, gop } = this.#initial;
    return [
      {
        id: 'bitrate',
        label: 'Bit rate of H.264',
        group: 'Stream',
        help: 'More is sharper while things move, and needs a better network. JPEG pictures do not change.',
        kind: 'range',
        applies: 'live',
        ...widened(BITRATES, bitrate),
        unit: 'bits/s',
        scale: 'logarithmic',
        default: bitrate,
      },
      {
        id: 'fps',
        label: 'Frames a second, at most',
        group: 'Stream',
        help: 'Of H.264. Fewer leave more bits for each, and the delay of each stays.',
        kind: 'range',
        applies: 'live',
        min: 1,
        max: this.#initialMost,
        step: 1,
        unit: 'frames/s',
        default: this.#initialMost,
      },
      {
        id: 'gop',
        label: 'Key frame every',
        group: 'Stream',
        help: 'Of H.264. Shorter heals sooner after losses where the viewer cannot ask; longer is sharper.',
        kind: 'range',
        applies: 'live',
        min: 1,
        max: Math.max(LONGEST_GOP, gop),
        step: 1,
        unit: 'frames',
        default: gop,
      },
    ];
  }

  values(): ReadonlyMap<string, ControlValue> {
    const { bitrate, gop } = this.#tuning;
    return new Map([
      ['bitrate', bitrate],
      ['fps', this.#most],
      ['gop', gop],
    ]);
  }

  /**
   * Takes a value.
   * @throws {PinholeError} `control/unknown`, `control/out-of-range`
   */
  set(id: string, value: ControlValue): void {
    const descriptors = this.descriptors();
    const descriptor = descriptors.find((each) => each.id === id);
    if (descriptor === undefined) {
      const ids = descriptors.map((each) => each.id).join(', ');
      throw new PinholeError('control/unknown', `no control "${id}": use ${ids}`);
    }
    checkControlValue(descriptor, value);
    if (id === 'fps') this.#most = Number(value);
    else this.#tuning = { ...this.#tuning, [id]: Number(value) };
  }
}

/** Takes in a value that was configured: steps count from the smallest. */
function widened(
  { min, max, step }: typeof BITRATES,
  configured: number,
): { readonly min: number; readonly max: number; readonly step: number } {
  const onStep = configured >= min && (configured - min) % step === 0;
  return { min: Math.min(min, configured), max: Math.max(max, configured), step: onStep ? step : 0 };
}
