import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The streams that `test/fixtures/make-h264-fixtures.ts` made; what each is, stands there. */
export const H264_FIXTURES = [
  'baseline',
  'main-b-frames',
  'high-slices',
  'cropped',
  'interlaced',
  'chroma-422',
  'chroma-444',
  'monochrome',
  'scaling-lists',
  'open-gop',
  'intra-refresh',
  'size-change',
] as const;

/** An Annex B stream made by x264, a few KB. */
export const h264Fixture = (name: (typeof H264_FIXTURES)[number]): Uint8Array =>
  new Uint8Array(
    readFileSync(join(import.meta.dirname, '../../packages/media/src/h264/fixtures', `${name}.h264`)),
  );
