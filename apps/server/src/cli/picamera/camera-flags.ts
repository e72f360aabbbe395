import type { PicameraFlag } from './picamera-flag.ts';

const fromTo = (min: number, max: number) => ({ kind: 'number', min, max }) as const;
const whole = (min: number, max: number) => ({ kind: 'number', min, max, step: 1 }) as const;
const word = (...words: readonly string[]) => ({ kind: 'word', words }) as const;
const setting = (name: string): string => `cameras.ID.settings.${name}`;

const NO_SECOND_STREAM = 'There is one stream a camera: it is watched and recorded.';
const NO_SETTING = 'The capture program is not told it.';

/** Flags about the camera and its picture. */
export const CAMERA_FLAGS: readonly PicameraFlag[] = [
  {
    name: 'camera',
    value: { kind: 'text' },
    default: 'libcamera:0',
    key: 'cameras.ID.source',
    effect:
      '`libcamera:N` is `rpicam:N`, `v4l2:N` is `v4l2:/dev/videoN`, `rtsp://…` and any other source of Pinhole stay as they are. `libargus:N` (Jetson) is refused.',
  },
  {
    name: 'v4l2-format',
    value: word('i420', 'yuyv', 'mjpeg', 'h264'),
    default: 'i420',
    key: setting('format'),
    effect:
      'What a `v4l2:` camera is asked for; `i420` leaves it to Pinhole, which takes the best that there is.',
  },
  {
    name: 'fps',
    value: whole(1, 240),
    default: '30',
    key: setting('fps'),
    effect: 'Frames a second, of `rpicam:` and `v4l2:` cameras.',
  },
  {
    name: 'width',
    value: whole(64, 9998),
    default: '640',
    key: setting('size'),
    effect: 'Together with `height`, of `rpicam:` and `v4l2:` cameras.',
  },
  {
    name: 'height',
    value: whole(64, 9998),
    default: '480',
    key: setting('size'),
    effect: 'Together with `width`, of `rpicam:` and `v4l2:` cameras.',
  },
  {
    name: 'rotation',
    value: word('0', '90', '180', '270'),
    default: '0',
    key: setting('rotation'),
    effect: '0 and 180, of `rpicam:` cameras; nothing turns a picture by a quarter.',
  },
  { name: 'sub-width', value: whole(0, 9999), default: '0', effect: NO_SECOND_STREAM },
  { name: 'sub-height', value: whole(0, 9999), default: '0', effect: NO_SECOND_STREAM },
  {
    name: 'record-source',
    value: word('main', 'sub'),
    default: 'main',
    effect: NO_SECOND_STREAM,
    older: ['record-stream'],
  },
  {
    name: 'webrtc-source',
    value: word('main', 'sub'),
    default: 'main',
    effect: NO_SECOND_STREAM,
    older: ['live-stream', 'ai-stream'],
  },
  {
    name: 'sharpness',
    value: fromTo(0, 15.99),
    default: '1.0',
    key: setting('sharpness'),
    effect: 'The same.',
  },
  {
    name: 'contrast',
    value: fromTo(0, 15.99),
    default: '1.0',
    key: setting('contrast'),
    effect: 'The same.',
  },
  {
    name: 'saturation',
    value: fromTo(0, 15.99),
    default: '1.0',
    key: setting('saturation'),
    effect: 'The same.',
  },
  {
    name: 'brightness',
    value: fromTo(-1, 1),
    default: '0.0',
    key: setting('brightness'),
    effect: 'The same.',
  },
  { name: 'ev', value: fromTo(-10, 10), default: '0.0', key: setting('ev'), effect: 'The same.' },
  {
    name: 'shutter',
    value: { kind: 'form', pattern: /^\d+(?:\.\d+)?(?:min|sec|s|ms|us|ns)?$/, example: '10000 (µs) or 10ms' },
    default: '0',
    key: setting('shutter'),
    effect: 'In µs, up to a second; 0 is automatic.',
  },
  {
    name: 'gain',
    value: fromTo(0, 64),
    default: '0',
    key: setting('gain'),
    effect: 'The same; 0 is automatic.',
  },
  {
    name: 'metering',
    value: word('centre', 'spot', 'average', 'matrix', 'custom'),
    default: 'centre',
    key: setting('metering'),
    effect: '`matrix` is `average`. `custom` has no effect: it needs a tuning file.',
  },
  {
    name: 'exposure',
    value: word('normal', 'sport', 'short', 'long', 'custom'),
    default: 'normal',
    key: setting('exposure'),
    effect: '`short` is `sport`. `custom` has no effect: it needs a tuning file.',
  },
  {
    name: 'awb',
    value: word(
      'auto',
      'normal',
      'incandescent',
      'tungsten',
      'fluorescent',
      'indoor',
      'daylight',
      'cloudy',
      'custom',
    ),
    default: 'auto',
    key: setting('awb'),
    effect: '`normal` is `auto`. `custom` has no effect: it needs a tuning file, or set `awbgains`.',
  },
  {
    name: 'awbgains',
    value: { kind: 'form', pattern: /^\d+(?:\.\d+)?,\d+(?:\.\d+)?$/, example: '1.5,1.2' },
    default: '0,0',
    key: setting('awbgains'),
    effect: 'The same; `0,0` is automatic.',
  },
  {
    name: 'denoise',
    value: word('off', 'cdn_off', 'cdn_fast', 'cdn_hq', 'auto'),
    default: 'auto',
    key: setting('denoise'),
    effect: 'The same.',
  },
  { name: 'tuning-file', value: { kind: 'text' }, default: '-', effect: NO_SETTING },
  {
    name: 'autofocus-mode',
    value: word('default', 'manual', 'auto', 'continuous'),
    default: 'default',
    key: setting('autofocus'),
    effect: 'The same.',
  },
  { name: 'autofocus-range', value: word('normal', 'macro', 'full'), default: 'normal', effect: NO_SETTING },
  { name: 'autofocus-speed', value: word('normal', 'fast'), default: 'normal', effect: NO_SETTING },
  {
    name: 'autofocus-window',
    value: { kind: 'form', pattern: /^[\d.]+(?:,[\d.]+){3}$/, example: '0.25,0.25,0.5,0.5' },
    default: '0,0,0,0',
    effect: NO_SETTING,
  },
  {
    name: 'lens-position',
    value: { kind: 'form', pattern: /^(?:default|\d{1,2}(?:\.\d+)?|)$/, example: '2 (dioptres) or default' },
    default: '',
    key: setting('lens'),
    effect: 'The same.',
  },
  {
    name: 'hw-accel',
    value: { kind: 'switch' },
    default: 'off',
    effect:
      'The camera’s own H.264 goes out as it is, and hardware encodes where there is any, unless told otherwise.',
  },
  {
    name: 'no-adaptive',
    value: { kind: 'switch' },
    default: 'off',
    effect: 'The size is always fixed.',
  },
  {
    name: 'max-bitrate',
    value: whole(0, 62_500),
    default: '0',
    key: setting('bitrate'),
    effect: 'In kbit/s, of `rpicam:` and `v4l2:` cameras: what the encoder is set to, for all viewers.',
  },
  {
    name: 'start-bitrate',
    value: whole(0, 1_000_000),
    default: '0',
    effect: 'The rate does not change with a viewer’s network: all viewers share one encoder.',
  },
  {
    name: 'min-bitrate',
    value: whole(0, 1_000_000),
    default: '0',
    effect: 'The rate does not change with a viewer’s network: all viewers share one encoder.',
  },
  {
    name: 'scalability-mode',
    value: { kind: 'text' },
    default: '',
    effect: 'All viewers share one stream without layers.',
  },
  {
    name: 'latency-trace',
    value: { kind: 'switch' },
    default: 'off',
    effect: 'The page shows a viewer’s delay at any time, and `/metrics` counts.',
  },
  {
    name: 'latency-trace-interval',
    value: fromTo(0, 86_400),
    default: '5',
    effect: 'See `latency-trace`.',
  },
];
