/** What a flag takes: nothing, a whole number, any number, a text, or one of a few words. */
export type FlagValue = 'none' | 'whole' | 'number' | 'text' | readonly string[];

/** A command line that the real program refuses, with its words. */
export class FlagError extends Error {
  readonly exitCode: number;

  constructor(message: string, exitCode: number) {
    super(message);
    this.exitCode = exitCode;
  }
}

/** The flags of `rpicam-vid`, by its own option tables. */
export const LIBCAMERA_FLAGS: Readonly<Record<string, FlagValue>> = {
  timeout: 'text',
  nopreview: 'none',
  camera: 'whole',
  width: 'whole',
  height: 'whole',
  framerate: 'number',
  output: 'text',
  inline: 'none',
  flush: 'none',
  intra: 'whole',
  profile: ['baseline', 'main', 'high'],
  level: ['4', '4.1', '4.2'],
  bitrate: 'text',
  codec: ['h264', 'libav', 'mjpeg', 'yuv420'],
  'libav-format': 'text',
  'libav-video-codec': 'text',
  'libav-video-codec-opts': 'text',
  'low-latency': 'none',
  'save-pts': 'text',
  brightness: 'number',
  contrast: 'number',
  saturation: 'number',
  sharpness: 'number',
  denoise: ['auto', 'off', 'cdn_off', 'cdn_fast', 'cdn_hq'],
  hflip: 'none',
  vflip: 'none',
  rotation: 'whole',
  roi: 'text',
  hdr: ['off', 'auto', 'sensor', 'single-exp'],
  mode: 'text',
  exposure: ['normal', 'sport', 'short', 'long', 'custom'],
  metering: ['centre', 'spot', 'average', 'matrix', 'custom'],
  ev: 'number',
  shutter: 'text',
  gain: 'number',
  'flicker-period': 'text',
  awb: [
    'auto',
    'normal',
    'incandescent',
    'tungsten',
    'fluorescent',
    'indoor',
    'daylight',
    'cloudy',
    'custom',
  ],
  awbgains: 'text',
  'autofocus-mode': ['default', 'manual', 'auto', 'continuous'],
  'lens-position': 'text',
};

/** Flags that came with later versions. */
export const LATER_FLAGS: readonly string[] = ['save-pts', 'low-latency', 'hdr', 'flicker-period'];

/** The flags of `raspivid`. */
export const RASPIVID_FLAGS: Readonly<Record<string, FlagValue>> = {
  t: 'whole',
  n: 'none',
  w: 'whole',
  h: 'whole',
  fps: 'number',
  ih: 'none',
  fl: 'none',
  g: 'whole',
  pf: ['baseline', 'main', 'high'],
  lev: ['4', '4.1', '4.2'],
  stm: 'none',
  cs: 'whole',
  md: 'whole',
  b: 'whole',
  qp: 'whole',
  o: 'text',
  br: 'whole',
  co: 'whole',
  sa: 'whole',
  sh: 'whole',
  hf: 'none',
  vf: 'none',
  rot: 'whole',
  roi: 'text',
  ex: ['auto', 'night', 'sports', 'verylong'],
  mm: ['average', 'spot', 'backlit', 'matrix'],
  ev: 'whole',
  ss: 'whole',
  ISO: 'whole',
  fli: ['off', 'auto', '50hz', '60hz'],
  awb: [
    'off',
    'auto',
    'sun',
    'cloud',
    'shade',
    'tungsten',
    'fluorescent',
    'incandescent',
    'flash',
    'horizon',
  ],
  awbg: 'text',
};

/** Whether a text may stand behind a flag. */
export function suits(text: string, value: FlagValue): boolean {
  if (value === 'text') return text !== '';
  if (value === 'whole') return /^-?\d+$/.test(text);
  if (value === 'number') return /^-?\d+(?:\.\d+)?$/.test(text);
  return value !== 'none' && value.includes(text);
}
