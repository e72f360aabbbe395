export { drawTimeCode, type LumaPicture, TIME_CODE_LUMA } from './draw-time-code.ts';
export { type RgbaPicture, readTimeCode } from './read-time-code.ts';
export { parseTimeCodeBits, TIME_CODE_BITS, type TimeCode, timeCodeBits } from './time-code.ts';
export {
  type PixelRectangle,
  TIME_CODE_GRID_PIXELS,
  TIME_CODE_SHAPES,
  type TimeCodeLayout,
  type TimeCodeShape,
  timeCodeLayout,
} from './time-code-layout.ts';
