/**
 * How a Raspberry Pi camera is set up, by the names under which settings are written. Numbers that are 0 and words that
 * are `auto` or empty leave the matter to the camera.
 */
export interface RpicamSettings {
  /** `WIDTHxHEIGHT`, even. */
  readonly size: string;
  /** Frames a second. */
  readonly fps: number;
  /** Sensor mode, `W:H`, `W:H:BITS` or `W:H:BITS:P`; for `raspivid` its number. */
  readonly mode: string;
  readonly denoise: string;
  /** Analogue gain; 1 is ISO 100. */
  readonly gain: number;
  /** Exposure time in microseconds. */
  readonly shutter: number;
  readonly exposure: string;
  readonly metering: string;
  /** Compensation in stops. */
  readonly ev: number;
  readonly awb: string;
  /** Red and blue gain hold when both are above 0. */
  readonly 'red-gain': number;
  readonly 'blue-gain': number;
  readonly brightness: number;
  readonly contrast: number;
  readonly saturation: number;
  readonly sharpness: number;
  readonly hflip: boolean;
  readonly vflip: boolean;
  /** Degrees: 0 or 180. */
  readonly rotation: string;
  /** Part of the sensor, `x,y,width,height` as fractions. */
  readonly roi: string;
  readonly autofocus: string;
  /** Focus in dioptres, or `default`. */
  readonly lens: string;
  readonly hdr: string;
  readonly flicker: string;
  /** Bits a second; 0: by size, frame rate and quality. */
  readonly bitrate: number;
  /** Quantiser as raspicam counted it, 10 (best) to 40; 0: none. */
  readonly quality: number;
  readonly profile: string;
  readonly level: string;
  /** Frames from one key frame to the next; 0: one second's worth. */
  readonly gop: number;
}

/** The name of a setting. */
export type RpicamSettingId = keyof RpicamSettings;

/** Width and height of a size setting. */
export function sizeOf(settings: Pick<RpicamSettings, 'size'>): {
  readonly width: number;
  readonly height: number;
} {
  const [width = 0, height = 0] = settings.size.split('x').map(Number);
  return { width, height };
}

/**
 * A second's worth unless set: the camera's encoder cannot be asked for a key frame, so this is how long a viewer waits
 * after a loss, and how much of the past a newcomer's player has to catch up with.
 */
export const gopFramesOf = ({ gop, fps }: Pick<RpicamSettings, 'gop' | 'fps'>): number =>
  gop > 0 ? gop : Math.max(1, Math.round(fps));

/** Bits a pixel that the hardware encoder needs for a clean picture at `USUAL_QUALITY`. */
const BITS_PER_PIXEL = 0.08;
const USUAL_QUALITY = 26;
const LOWEST_BITRATE = 500_000;
/** What level 4.2 allows in the High profile (H.264 table A-1, cpbBrNalFactor 1500, rounded down). */
const HIGHEST_BITRATE = 25_000_000;

/**
 * The bit rate, in bits a second: as set; else by size and frame rate, doubled with every 6 steps of a better quality,
 * which is what the quantiser does to a stream.
 */
export function bitrateOf(settings: Pick<RpicamSettings, 'size' | 'fps' | 'bitrate' | 'quality'>): number {
  if (settings.bitrate > 0) return settings.bitrate;
  const { width, height } = sizeOf(settings);
  const quality = settings.quality > 0 ? settings.quality : USUAL_QUALITY;
  const bits = width * height * settings.fps * BITS_PER_PIXEL * 2 ** ((USUAL_QUALITY - quality) / 6);
  return Math.round(Math.min(HIGHEST_BITRATE, Math.max(LOWEST_BITRATE, bits)) / 100_000) * 100_000;
}

/** Macroblocks a second that level 4.1 decodes (H.264 table A-1). */
const LEVEL_4_1_MACROBLOCKS = 245_760;

/** The level: as set, else the lowest of those that the Pi's encoder knows. */
export function levelOf(settings: Pick<RpicamSettings, 'size' | 'fps' | 'level'>): string {
  if (settings.level !== 'auto') return settings.level;
  const { width, height } = sizeOf(settings);
  const macroblocks = Math.ceil(width / 16) * Math.ceil(height / 16) * settings.fps;
  return macroblocks > LEVEL_4_1_MACROBLOCKS ? '4.2' : '4';
}
