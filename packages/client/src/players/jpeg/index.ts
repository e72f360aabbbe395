export { JpegPlayer } from './jpeg-player.ts';
export { jpegProblem } from './support.ts';
