import type { FakeModel } from './fake-control.ts';
import {
  FlagError,
  type FlagValue,
  LATER_FLAGS,
  LIBCAMERA_FLAGS,
  RASPIVID_FLAGS,
  suits,
} from './flag-tables.ts';

/** What is to be captured, whatever the dialect. */
export interface FakeOptions {
  readonly camera: number;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly gopFrames: number;
  /** −50…50 of the test picture. */
  readonly brightness: number;
  readonly ptsPath?: string;
  /** x264 with so many slices a picture. */
  readonly slices?: number;
  readonly kbps: number;
}

/** Reads a command line of `rpicam-vid`. @throws {FlagError} */
export function readLibcameraOptions(words: readonly string[], model: FakeModel): FakeOptions {
  const known = Object.entries(LIBCAMERA_FLAGS).filter(
    ([flag]) => model !== 'old' || !LATER_FLAGS.includes(flag),
  );
  const values = valuesOf(words, new Map(known), {
    prefix: '--',
    unknown: (word) => new FlagError(`ERROR: *** unrecognised option '${word}' ***`, 255),
    missing: (word) =>
      new FlagError(`ERROR: *** the required argument for option '${word}' is missing ***`, 255),
    wrong: (word, text) =>
      new FlagError(`ERROR: *** the argument ('${text}') for option '${word}' is invalid ***`, 255),
  });
  demand(values, { timeout: '0', output: '-' });
  for (const flag of ['nopreview', 'inline', 'flush'])
    if (!values.has(flag))
      throw new FlagError(`FAKE: --${flag} is missing: the picture would be late or unusable`, 99);
  const isLibav = values.get('codec') === 'libav';
  if (isLibav && values.has('save-pts'))
    throw new FlagError('ERROR: *** libav: Incompatible options selected. ***', 255);
  if (isLibav && values.get('libav-format') !== 'h264')
    throw new FlagError(
      'ERROR: *** libav: cannot allocate output context, try setting with --libav-format ***',
      255,
    );
  if (!isLibav && model === 'pi5')
    throw new FlagError('ERROR: *** Unable to find an appropriate H.264 codec ***', 255);
  const rotation = values.get('rotation') ?? '0';
  if (rotation !== '0' && rotation !== '180')
    throw new FlagError('ERROR: *** transforms requiring transpose not supported ***', 255);
  const ptsPath = values.get('save-pts');
  return {
    camera: Number(values.get('camera') ?? 0),
    width: Number(values.get('width') ?? 640),
    height: Number(values.get('height') ?? 480),
    framesPerSecond: Number(values.get('framerate') ?? 30),
    gopFrames: Number(values.get('intra') ?? 60),
    brightness: Math.round(Number(values.get('brightness') ?? 0) * 50),
    kbps: Number(values.get('bitrate') ?? 0) / 1000,
    ...(ptsPath !== undefined && { ptsPath }),
    ...(isLibav && { slices: values.has('low-latency') ? 4 : 1 }),
  };
}

/** Reads a command line of `raspivid`. @throws {FlagError} */
export function readRaspividOptions(words: readonly string[]): FakeOptions {
  const invalid = (word: string): FlagError => new FlagError(`Invalid command line option (${word})`, 64);
  const values = valuesOf(words, new Map(Object.entries(RASPIVID_FLAGS)), {
    prefix: '-',
    unknown: invalid,
    missing: invalid,
    wrong: invalid,
  });
  demand(values, { t: '0', o: '-' });
  for (const flag of ['n', 'ih', 'fl'])
    if (!values.has(flag))
      throw new FlagError(`FAKE: -${flag} is missing: the picture would be late or unusable`, 99);
  return {
    camera: Number(values.get('cs') ?? 0),
    width: Number(values.get('w') ?? 1920),
    height: Number(values.get('h') ?? 1080),
    framesPerSecond: Number(values.get('fps') ?? 30),
    gopFrames: Number(values.get('g') ?? 60),
    brightness: Number(values.get('br') ?? 50) - 50,
    kbps: Number(values.get('b') ?? 0) / 1000,
  };
}

interface Complaints {
  readonly prefix: string;
  unknown(word: string): FlagError;
  missing(word: string): FlagError;
  wrong(word: string, text: string): FlagError;
}

function valuesOf(
  words: readonly string[],
  known: ReadonlyMap<string, FlagValue>,
  complaints: Complaints,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? '';
    const value = word.startsWith(complaints.prefix)
      ? known.get(word.slice(complaints.prefix.length))
      : undefined;
    if (value === undefined) throw complaints.unknown(word);
    const flag = word.slice(complaints.prefix.length);
    if (value === 'none') {
      values.set(flag, '');
      continue;
    }
    const text = words[++i];
    if (text === undefined) throw complaints.missing(word);
    if (!suits(text, value)) throw complaints.wrong(word, text);
    values.set(flag, text);
  }
  return values;
}

function demand(values: ReadonlyMap<string, string>, wanted: Readonly<Record<string, string>>): void {
  for (const [flag, value] of Object.entries(wanted))
    if (values.get(flag) !== value)
      throw new FlagError(`FAKE: ${flag} has to be ${value}, not ${String(values.get(flag))}`, 99);
}
