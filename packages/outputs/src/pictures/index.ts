export { JpegQuality } from './jpeg-quality.ts';
export type {
  DecodedJpeg,
  OpenPictureDecoder,
  PictureDecoder,
  PictureDecoderOptions,
  UnitToDecode,
} from './picture-decoder.ts';
export {
  DEFAULT_DECODED_RATE,
  HIGHEST_RATE,
  type PictureFeed,
  PictureFeeds,
  type PictureFeedsOptions,
} from './picture-feeds.ts';
