export type { CardLook, CardPattern } from './card/background.ts';
export {
  DEFAULT_LOOK,
  encodeTestPicture,
  SyntheticEncoder,
  type SyntheticEncoderOptions,
  type TestPicture,
} from './synthetic-encoder.ts';
export {
  createSyntheticSource,
  type SyntheticCounters,
  SyntheticSource,
  type SyntheticSourceOptions,
} from './synthetic-source.ts';
