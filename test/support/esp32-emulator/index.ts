export { CardPictures, type PictureSize } from './card-picture.ts';
export type { EmulatedLogin } from './emulated-login.ts';
export { type DriverAge, FRAME_SIZES } from './emulated-settings.ts';
export { type EmulatedFirmware, Esp32Emulator, type Esp32EmulatorOptions } from './esp32-emulator.ts';
export { FORMATS, type FormatName, partBytes, type StreamFormat } from './stream-format.ts';
