import type { RpicamEncoder } from './flags/libcamera-flags.ts';
import { hasPicamera2 } from './picamera2/find-picamera2.ts';
import { picamera2Suits } from './picamera2/picamera2-capture.ts';
import { usualEncoder } from './program/find-program.ts';
import type { RpicamFailure } from './rpicam-code.ts';
import type { RpicamSettings } from './settings/rpicam-settings.ts';

/** Who captures. */
export type CaptureBy = 'program' | 'picamera2';

/** What was written about who captures and encodes; what is left out is found. */
export interface CaptureWish {
  readonly by?: CaptureBy | 'auto' | undefined;
  readonly encoder?: RpicamEncoder | undefined;
  readonly command?: string | undefined;
  readonly env?: NodeJS.ProcessEnv | undefined;
}

/** Who captures and encodes a camera here: found by looking, corrected by trying. */
export class CaptureWay {
  readonly #wish: CaptureWish;
  #by: CaptureBy;
  #encoder: RpicamEncoder;
  #encoderTried = false;

  /** Looks for picamera2 unless something else is wished for or needed. */
  constructor(wish: CaptureWish, settings: RpicamSettings) {
    const { by = 'auto', command, env } = wish;
    this.#wish = wish;
    this.#encoder = wish.encoder ?? usualEncoder();
    if (by !== 'auto') this.#by = by;
    else if (command !== undefined || !picamera2Suits(settings)) this.#by = 'program';
    else this.#by = hasPicamera2(env) ? 'picamera2' : 'program';
  }

  get by(): CaptureBy {
    return this.#by;
  }

  get encoder(): RpicamEncoder {
    return this.#encoder;
  }

  /** Who captures with these settings: some are beyond picamera2's reach here. */
  byFor(settings: RpicamSettings): CaptureBy {
    return picamera2Suits(settings) ? this.#by : 'program';
  }

  /** Takes another way when this one turned out not to be there. @returns whether there was one left. */
  changeAfter(failure: RpicamFailure): boolean {
    if (this.#by === 'picamera2' && (this.#wish.by ?? 'auto') === 'auto' && isOfPicamera2(failure)) {
      this.#by = 'program';
      return true;
    }
    if (failure.code !== 'source/no-encoder' || this.#encoderTried || this.#wish.encoder !== undefined)
      return false;
    this.#encoderTried = true;
    this.#encoder = this.#encoder === 'hardware' ? 'software' : 'hardware';
    return true;
  }
}

/** Python or the module itself failed, rather than the camera. */
const isOfPicamera2 = ({ code, why }: RpicamFailure): boolean =>
  code === 'source/no-program' || /ModuleNotFoundError|ImportError|SyntaxError/.test(why);
