import type { RangeSetting, RpicamSetting } from './setting-kinds.ts';

const times = (max: number, normal = 1): Pick<RangeSetting, 'kind' | 'min' | 'max' | 'step' | 'default'> => ({
  kind: 'range',
  min: 0,
  max,
  step: 0.01,
  default: normal,
});

/** What the picture looks like. Ranges are those of `rpicam-vid` and libcamera. */
export const PICTURE_SETTINGS: readonly RpicamSetting[] = [
  {
    id: 'brightness',
    label: 'Brightness',
    group: 'Picture',
    kind: 'range',
    min: -1,
    max: 1,
    step: 0.01,
    default: 0,
    libcamera: 'Brightness',
  },
  { id: 'contrast', label: 'Contrast', group: 'Picture', ...times(15.99), libcamera: 'Contrast' },
  {
    id: 'saturation',
    label: 'Saturation',
    group: 'Picture',
    help: '0 is black and white.',
    ...times(15.99),
    libcamera: 'Saturation',
  },
  { id: 'sharpness', label: 'Sharpness', group: 'Picture', ...times(15.99), libcamera: 'Sharpness' },
  {
    id: 'denoise',
    label: 'Denoise',
    group: 'Picture',
    kind: 'menu',
    options: {
      auto: 'Automatic',
      off: 'Off',
      cdn_off: 'Without colour',
      cdn_fast: 'Fast',
      cdn_hq: 'Best, slow',
    },
    default: 'auto',
  },
  { id: 'hflip', label: 'Mirror left and right', group: 'Picture', kind: 'switch', default: false },
  { id: 'vflip', label: 'Mirror top and bottom', group: 'Picture', kind: 'switch', default: false },
  {
    id: 'rotation',
    label: 'Rotation',
    group: 'Picture',
    kind: 'menu',
    options: { 0: 'None', 180: '180°' },
    default: '0',
  },
  {
    id: 'hdr',
    label: 'High dynamic range',
    group: 'Picture',
    kind: 'menu',
    options: { off: 'Off', auto: 'Automatic', sensor: 'In the sensor', 'single-exp': 'From one exposure' },
    default: 'off',
    risky: true,
  },
  {
    id: 'roi',
    label: 'Part of the sensor',
    group: 'Picture',
    kind: 'text',
    pattern: /^(?:0?\.\d+|[01](?:\.0*)?)(?:,(?:0?\.\d+|[01](?:\.0*)?)){3}$/,
    default: '',
    form: 'x,y,width,height as fractions, e.g. 0.25,0.25,0.5,0.5',
  },
];
