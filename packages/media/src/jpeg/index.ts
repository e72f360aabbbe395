export { type CompleteJpeg, completeJpeg } from './complete-jpeg.ts';
export { h264InJpeg } from './h264-in-jpeg.ts';
export { jpegSize } from './jpeg-size.ts';
export { type JpegStep, JpegWalk, type PictureSize } from './jpeg-walk.ts';
