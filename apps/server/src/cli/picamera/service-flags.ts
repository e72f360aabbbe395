import type { PicameraFlag } from './picamera-flag.ts';

const whole = (min: number, max: number) => ({ kind: 'number', min, max, step: 1 }) as const;
const word = (...words: readonly string[]) => ({ kind: 'word', words }) as const;

/** Text that may be anything; empty unless given. */
const TEXT = { value: { kind: 'text' }, default: '' } as const;
/** Off unless given. */
const SWITCH = { value: { kind: 'switch' }, default: 'off' } as const;
const NO_SFU = { effect: 'Pinhole does not publish to an SFU.' };

/** Flags about sound, recordings, and how viewers and programs come to the camera. */
export const SERVICE_FLAGS: readonly PicameraFlag[] = [
  {
    name: 'uid',
    ...TEXT,
    key: 'cameras.ID.picamera.uid',
    effect: 'The same. The camera’s id here is the uid too, where it can be, else `camera`.',
  },
  {
    name: 'no-audio',
    ...SWITCH,
    key: 'cameras.ID.picamera.audio',
    effect:
      'No sound either way. Without it viewers are heard by the sound device `default`, and get the sound that the camera itself brings (`rtsp:`); a microphone beside it is not taken.',
  },
  { name: 'sample-rate', value: whole(1, 384_000), default: '48000', effect: 'Opus has 48 000 Hz always.' },
  { name: 'force-alsa', ...SWITCH, effect: 'It is ALSA always.' },
  {
    name: 'record-path',
    value: { kind: 'form', pattern: /^(?:\/.*)?$/, example: '/home/pi/recordings' },
    default: '',
    key: 'recordings.root',
    effect:
      'The same, with a folder for the camera in it; below that the layout is the same. Empty: nothing is recorded.',
  },
  {
    name: 'record-mode',
    value: word('background', 'on-demand', 'both'),
    default: 'both',
    key: 'cameras.ID.record',
    effect: 'The same.',
  },
  {
    name: 'record-type',
    value: word('video', 'snapshot', 'both'),
    default: 'both',
    key: 'cameras.ID.record',
    effect:
      'Each video has a picture beside it, so that `video` is `both`. `snapshot` records nothing: take pictures from `/snapshot.jpg`.',
    older: ['record-mode'],
  },
  {
    name: 'record-ondemand-path',
    value: { kind: 'form', pattern: /^(?:\/.*)?$/, example: '/home/pi/on-demand' },
    default: '',
    effect: 'They lie in the folder `on-demand` beside the others.',
  },
  {
    name: 'file-duration',
    value: whole(1, 43_200),
    default: '60',
    key: 'recordings.segmentSeconds',
    effect: 'The same.',
  },
  {
    name: 'jpeg-quality',
    value: whole(0, 100),
    default: '30',
    key: 'recordings.stillQuality',
    effect: 'The same, of the pictures beside videos; 0 is 1.',
  },
  {
    name: 'peer-timeout',
    value: whole(0, 86_400),
    default: '60',
    effect: 'Pinhole knows itself when a connection will not come about.',
  },
  { name: 'enable-ipc', ...SWITCH, key: 'cameras.ID.picamera.ipc.enabled', effect: 'The same.' },
  {
    name: 'ipc-channel',
    value: word('both', 'lossy', 'reliable'),
    default: 'both',
    key: 'cameras.ID.picamera.ipc.channel',
    effect: 'The same.',
  },
  {
    name: 'socket-path',
    value: { kind: 'text' },
    default: '/tmp/pi-webrtc-ipc.sock',
    key: 'cameras.ID.picamera.ipc.socket',
    effect: 'The same; each read is a message.',
  },
  {
    name: 'enable-gamepad',
    ...SWITCH,
    effect: 'Gamepads need the channels of generation D, which Pinhole does not speak.',
  },
  {
    name: 'gamepad-socket-path',
    value: { kind: 'text' },
    default: '/tmp/pi-webrtc-gamepad.sock',
    effect: 'See `enable-gamepad`.',
  },
  {
    name: 'stun-url',
    value: { kind: 'form', pattern: /^(?:stuns?:\S+)?$/, example: 'stun:stun.example.org:3478' },
    default: 'stun:stun.l.google.com:19302',
    key: 'webrtc.iceServers',
    effect: 'The same; without it none is asked, also not Google’s.',
  },
  {
    name: 'turn-url',
    value: { kind: 'form', pattern: /^(?:turns?:\S+)?$/, example: 'turn:turn.example.org:3478' },
    default: '',
    key: 'webrtc.iceServers',
    effect: 'The same.',
  },
  { name: 'turn-username', ...TEXT, key: 'webrtc.iceServers', effect: 'The same.' },
  { name: 'turn-password', ...TEXT, key: 'webrtc.iceServers', effect: 'The same.' },
  {
    name: 'use-mqtt',
    ...SWITCH,
    key: 'mqtt.url',
    effect:
      'Viewers come by the broker that the flags below name. Without it Pinhole’s own broker serves them, at `/mqtt`.',
  },
  {
    name: 'mqtt-host',
    value: { kind: 'form', pattern: /^[^\s/@]+$/, example: 'broker.example.org' },
    default: 'localhost',
    key: 'mqtt.url',
    effect: 'The same.',
  },
  {
    name: 'mqtt-port',
    value: whole(1, 65_535),
    default: '1883',
    key: 'mqtt.url',
    effect: 'The same; 8883 is TLS, any other port is not.',
  },
  { name: 'mqtt-username', ...TEXT, key: 'mqtt.username', effect: 'The same.' },
  { name: 'mqtt-password', ...TEXT, key: 'mqtt.password', effect: 'The same.' },
  {
    name: 'use-whep',
    ...SWITCH,
    key: 'listen',
    effect:
      'WHEP is there always, at `/whep/ID`; the flag opens it to the network. It wants a token, unlike pi-webrtc’s; `anonymous` in the configuration lets people in without.',
  },
  {
    name: 'http-port',
    value: whole(1, 65_535),
    default: '8080',
    key: 'port',
    effect: 'Of everything that Pinhole serves by HTTP.',
    older: ['whep-port'],
  },
  { name: 'use-livekit', ...SWITCH, ...NO_SFU, older: ['use-websocket'] },
  { name: 'livekit-url', ...TEXT, ...NO_SFU, older: ['ws-host'] },
  { name: 'livekit-room', ...TEXT, ...NO_SFU, older: ['ws-room'] },
  { name: 'livekit-key', ...TEXT, ...NO_SFU, older: ['ws-key'] },
  { name: 'livekit-secret', ...TEXT, ...NO_SFU },
  { name: 'use-tls', ...SWITCH, ...NO_SFU },
  { name: 'use-cloudflare', ...SWITCH, ...NO_SFU },
  { name: 'cloudflare-app-id', ...TEXT, ...NO_SFU },
  { name: 'cloudflare-secret', ...TEXT, ...NO_SFU },
  { name: 'cloudflare-url', ...TEXT, ...NO_SFU },
  { name: 'api-url', ...TEXT, ...NO_SFU },
  { name: 'api-key', ...TEXT, ...NO_SFU },
];
