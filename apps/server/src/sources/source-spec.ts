import type { Source } from '@pinhole/engine';
import { didYouMean } from '../config/suggest.ts';
import { esp32 } from './esp32.ts';
import { file } from './file.ts';
import { janus } from './janus.ts';
import { mjpeg } from './mjpeg.ts';
import { push } from './push.ts';
import { room } from './room.ts';
import { rpicam } from './rpicam.ts';
import { rtsp } from './rtsp.ts';
import { type SourceKind, type SourceSurroundings, sourceFault } from './source-kind.ts';
import { synthetic } from './synthetic.ts';
import { ustreamer } from './ustreamer.ts';
import { v4l2 } from './v4l2.ts';
import { whip } from './whip.ts';

/** Every kind of source there is; the order is that of the list in error messages. */
const KINDS = [
  synthetic,
  file,
  rtsp,
  mjpeg,
  esp32,
  rpicam,
  v4l2,
  ustreamer,
  janus,
  whip,
  push,
  room,
] as const;

type SpecOf<Kind> = Kind extends SourceKind<infer Spec> ? Spec : never;

/** Which source a camera has and how it is set up. */
export type SourceSpec = SpecOf<(typeof KINDS)[number]>;

/**
 * Reads a source's one-line form.
 * @throws {PinholeError} `config/source`, in words, with the forms that would do. Credentials are left out.
 */
export function parseSourceSpec(text: string): SourceSpec {
  const scheme = /^[a-z0-9+.-]*/i.exec(text)?.[0].toLowerCase() ?? '';
  const kind = KINDS.find(({ schemes }) => schemes.includes(scheme));
  if (kind) return kind.parse(text);
  const shown = text.length > 40 || text.includes('@') ? `${scheme}…` : text;
  const known = KINDS.flatMap(({ schemes }) => schemes);
  const forms = KINDS.map(({ example }) => example).join(', ');
  throw sourceFault(`"${shown}" is no source.${didYouMean(scheme, known)} Sources are: ${forms}`);
}

/** The source that a camera's description means. */
export const openSource = (spec: SourceSpec, surroundings: SourceSurroundings): Source =>
  kindOf(spec).open(spec, surroundings);

/** A source for people: what it is, without credentials. */
export const sourceInWords = (spec: SourceSpec): string => kindOf(spec).inWords(spec);

/** The kind was found by the spec's own name, so that its functions take it. */
const kindOf = (spec: SourceSpec): SourceKind<SourceSpec> =>
  KINDS.find(({ kind }) => kind === spec.kind) as unknown as SourceKind<SourceSpec>;
