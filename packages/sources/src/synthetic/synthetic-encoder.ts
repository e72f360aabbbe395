import { PinholeError } from '@pinhole/core';
import type { TimeCode } from '@pinhole/media/timecode';
import type { CardLook } from './card/background.ts';
import { TestCard } from './card/test-card.ts';
import type { BlockPicture } from './h264/block-picture.ts';
import { lowestLevel } from './h264/level.ts';
import { PictureEncoder } from './h264/picture-encoder.ts';

/** What test pictures look like. */
export interface SyntheticEncoderOptions {
  /** Even, 160…1920. */
  readonly width: number;
  /** Even, 120…1080. */
  readonly height: number;
  /** 1…60, need not be whole. */
  readonly framesPerSecond: number;
  /** A line of text on the picture; letters A…Z, digits, a few signs. */
  readonly label?: string;
  readonly look?: CardLook;
}

/** One test picture to be made. */
export interface TestPicture extends TimeCode {
  /** Make it an IDR picture with parameter sets before it. The first one is in any case. */
  readonly key: boolean;
}

/** How a test card looks unless told. */
export const DEFAULT_LOOK: CardLook = { pattern: 'card', brightness: 0 };

/** No key picture of a test card takes more bits than this, digits included; only the level depends on it. */
const MOST_BITS = { perPicture: 8_000, perMacroblock: 40 } as const;

/**
 * Makes test pictures: H.264 constrained baseline, exactly the same bytes for the same calls. Needs no clock and no
 * codec library; decoders show the pictures without any loss.
 */
export class SyntheticEncoder {
  readonly #card: TestCard;
  readonly #encoder: PictureEncoder;
  #started = false;

  /** @throws {PinholeError} `source/bad-option` */
  constructor(options: SyntheticEncoderOptions) {
    checkOptions(options);
    this.#card = new TestCard(options, options.look ?? DEFAULT_LOOK);
    this.#encoder = new PictureEncoder(this.#card.picture, { ...options, levelIdc: levelOf(options) });
  }

  /** What decoders show after the last picture, in flat blocks. */
  get picture(): BlockPicture {
    return this.#card.picture;
  }

  /** Changes how the pictures look from the next one on. */
  setLook(look: CardLook): void {
    this.#card.setLook(look);
  }

  /** Makes the next picture. @returns an Annex B access unit that the caller owns. */
  encode(picture: TestPicture): Uint8Array {
    this.#card.draw(picture);
    const key = picture.key || !this.#started;
    this.#started = true;
    return this.#encoder.encode({ key });
  }
}

/** A single test picture, an IDR picture of its own. @throws {PinholeError} `source/bad-option` */
export const encodeTestPicture = (options: SyntheticEncoderOptions, code: TimeCode): Uint8Array =>
  new SyntheticEncoder(options).encode({ ...code, key: true });

function checkOptions({ width, height, framesPerSecond }: SyntheticEncoderOptions): void {
  checkSide('width', width, 160, 1920);
  checkSide('height', height, 120, 1080);
  if (!(framesPerSecond >= 1 && framesPerSecond <= 60)) {
    throw new PinholeError('source/bad-option', `framesPerSecond ${framesPerSecond}: use 1 to 60`);
  }
}

function checkSide(field: string, pixels: number, min: number, max: number): void {
  if (Number.isInteger(pixels) && pixels % 2 === 0 && pixels >= min && pixels <= max) return;
  throw new PinholeError('source/bad-option', `${field} ${pixels}: use an even number from ${min} to ${max}`);
}

function levelOf(options: SyntheticEncoderOptions): number {
  const widthMacroblocks = Math.ceil(options.width / 16);
  const heightMacroblocks = Math.ceil(options.height / 16);
  const pictureBits = MOST_BITS.perPicture + MOST_BITS.perMacroblock * widthMacroblocks * heightMacroblocks;
  const { framesPerSecond } = options;
  const maxKbps = (pictureBits * framesPerSecond) / 1000;
  const level = lowestLevel({ widthMacroblocks, heightMacroblocks, framesPerSecond, maxKbps });
  if (level === undefined) throw new Error(`no level for ${options.width}×${options.height}`);
  return level;
}
