export { boundaryOfContentType } from './boundary.ts';
export { type MultipartOptions, MultipartReader } from './multipart-reader.ts';
export {
  type BodyScan,
  MULTIPART_LIMITS,
  type MultipartCounters,
  type MultipartItem,
  type MultipartLimits,
  type PartHeaders,
} from './part.ts';
export { printable } from './part-text.ts';
