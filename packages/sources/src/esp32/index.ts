export { createEsp32Source, type Esp32SourceOptions } from './esp32-source.ts';
export { FIRMWARES, type Firmware } from './firmware.ts';
export { CONTROL_IDS, startValue } from './start-values.ts';
