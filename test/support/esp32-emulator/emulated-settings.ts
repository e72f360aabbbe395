import type { PictureSize } from './card-picture.ts';

/** The age of a camera driver, by which the same number is another size. */
export type DriverAge = '2018' | '2020' | '2024';

const sizes = (text: string): readonly PictureSize[] =>
  text.split(' ').map((each) => ({ width: Number(each.split('x')[0]), height: Number(each.split('x')[1]) }));

/** The `framesize` numbers of each age, from 0 on. */
export const FRAME_SIZES: Readonly<Record<DriverAge, readonly PictureSize[]>> = {
  '2018': sizes(
    '160x120 128x160 176x144 240x176 320x240 400x296 640x480 800x600 1024x768 1280x1024 1600x1200',
  ),
  '2020': sizes(
    '96x96 160x120 176x144 240x176 240x240 320x240 400x296 480x320 640x480 800x600 1024x768 1280x720 1280x1024 1600x1200',
  ),
  '2024': sizes(
    '96x96 160x120 128x128 176x144 240x176 240x240 320x240 320x320 400x296 480x320 640x480 800x600 1024x768 1280x720 1280x1024 1600x1200',
  ),
};

const FLAGS = [
  'awb',
  'awb_gain',
  'aec',
  'aec2',
  'agc',
  'bpc',
  'wpc',
  'raw_gma',
  'lenc',
  'hmirror',
  'vflip',
  'dcw',
  'colorbar',
];
/** What an OV2640 takes; anything else is answered with 500. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  quality: [0, 63],
  brightness: [-2, 2],
  contrast: [-2, 2],
  saturation: [-2, 2],
  special_effect: [0, 6],
  wb_mode: [0, 4],
  ae_level: [-2, 2],
  aec_value: [0, 1200],
  agc_gain: [0, 30],
  gainceiling: [0, 6],
  led_intensity: [0, 255],
  ...Object.fromEntries(FLAGS.map((name) => [name, [0, 1] as const])),
};

/** The settings of an emulated sensor, which a reboot forgets. */
export class EmulatedSettings {
  readonly #age: DriverAge;
  readonly #led: 'led' | 'no-led';
  #values = new Map<string, number>();

  constructor(options: { readonly age: DriverAge; readonly led: 'led' | 'no-led' }) {
    this.#age = options.age;
    this.#led = options.led;
    this.reset();
  }

  /** As after power-on: 320×240. */
  reset(): void {
    const qvga = FRAME_SIZES[this.#age].findIndex(({ width, height }) => width === 320 && height === 240);
    this.#values = new Map([
      ['xclk', 20],
      ['pixformat', 4],
      ['framesize', qvga],
      ['quality', 10],
      ...[
        'brightness',
        'contrast',
        'saturation',
        'special_effect',
        'wb_mode',
        'ae_level',
        'agc_gain',
        'gainceiling',
      ].map((name) => [name, 0] as const),
      ['aec_value', 168],
      ['led_intensity', this.#led === 'led' ? 0 : -1],
      ...FLAGS.map(
        (name) => [name, Number(!['aec2', 'bpc', 'hmirror', 'vflip', 'colorbar'].includes(name))] as const,
      ),
    ]);
  }

  get size(): PictureSize {
    return FRAME_SIZES[this.#age][this.#values.get('framesize') ?? 0] ?? { width: 320, height: 240 };
  }

  get(name: string): number | undefined {
    return this.#values.get(name);
  }

  /** `/status`: without vflip, as current firmware; with raw registers. */
  status(): string {
    const { vflip: _, ...shown } = Object.fromEntries(this.#values);
    return JSON.stringify({ '0xd3': 8, '0x111': 0, '0x132': 137, ...shown });
  }

  /** `/control`: 200, 404 where something is missing, 500 where the sensor refuses. */
  control(query: URLSearchParams): number {
    const [name, text] = [query.get('var'), query.get('val')];
    if (name === null || text === null || name.length > 31 || text.length > 31) return 404;
    return this.set(name, Number.parseInt(text, 10) || 0) ? 200 : 500;
  }

  set(name: string, value: number): boolean {
    const [min, max] =
      name === 'framesize' ? [0, FRAME_SIZES[this.#age].length - 1] : (RANGES[name] ?? [1, 0]);
    if (value < min || value > max || (name === 'led_intensity' && this.#led === 'no-led')) return false;
    this.#values.set(name, value);
    return true;
  }
}
