import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkConfig, loadConfig } from '../../config/load-config.ts';
import { parseCommandLine } from '../parse-command-line.ts';
import { PICAMERA_FLAGS } from './flag-table.ts';
import { picameraConfig } from './picamera-config.ts';
import { readFlags } from './read-flags.ts';

const configOf = (line: string) => picameraConfig(readFlags(line === '' ? [] : line.split(' ')).flags);
const refusal = (line: string): string => {
  try {
    parseCommandLine(['picamera', ...line.split(' ')], {});
  } catch (thrown) {
    return thrown instanceof Error ? thrown.message : String(thrown);
  }
  return 'taken';
};

/** A value that each flag takes. */
const SAMPLE: Readonly<Record<string, string>> = {
  camera: 'libcamera:0',
  uid: 'garden',
  'record-path': '/rec',
  'record-ondemand-path': '/rec/more',
  'stun-url': 'stun:192.0.2.1',
  'turn-url': 'turn:192.0.2.1',
};
const sampleOf = ({ name, value }: (typeof PICAMERA_FLAGS)[number]): string => {
  const known = SAMPLE[name];
  if (known !== undefined) return known;
  if (value.kind === 'word') return value.words[0] ?? '';
  if (value.kind === 'number') return String(Math.min(value.max, Math.max(value.min, 8)));
  return value.kind === 'form' ? (value.example.split(' ', 1)[0] ?? '') : 'x';
};

describe('flags of pi-webrtc', () => {
  it('become a configuration that is taken', () => {
    const { config, notes } = configOf(
      '--camera=libcamera:0 --fps=30 --width=1280 --height=960 --use-mqtt --mqtt-host=broker.lan --mqtt-port 8883 --mqtt-username u --mqtt-password p --uid=garden --no-audio --record-path=/rec --file-duration 300 --enable-ipc --ipc-channel=reliable --stun-url=stun:192.0.2.1 --turn-url=turn:192.0.2.1 --turn-username=t --turn-password=q',
    );

    expect(config).toEqual({
      cameras: {
        garden: {
          source: 'rpicam:0',
          settings: { size: '1280x960', fps: 30 },
          record: 'both',
          picamera: {
            uid: 'garden',
            rights: ['view', 'control', 'record', 'download'],
            audio: 'off',
            recordings: '/rec',
            ipc: { enabled: true, channel: 'reliable', socket: '/tmp/pi-webrtc-ipc.sock' },
          },
        },
      },
      recordings: { root: '/rec', segmentSeconds: 300, stillQuality: 30 },
      mqtt: { url: 'mqtts://broker.lan:8883', username: 'u', password: 'p' },
      webrtc: {
        iceServers: [{ urls: 'stun:192.0.2.1' }, { urls: 'turn:192.0.2.1', username: 't', credential: 'q' }],
      },
    });
    expect(notes).toEqual([]);
    expect(checkConfig(config).cameras['garden']?.source).toMatchObject({ kind: 'rpicam', camera: '0' });
  });

  it('each are taken, and each does something or says that it does not', () => {
    for (const flag of PICAMERA_FLAGS) {
      const words = flag.value.kind === 'switch' ? [] : [sampleOf(flag)];
      const others = [
        '--use-mqtt',
        '--uid',
        'a',
        '--record-path',
        '/a',
        '--turn-url',
        'turn:a',
        '--turn-username',
        'a',
      ];
      const line = [...others, '--turn-password', 'a', '--mqtt-username', 'a', `--${flag.name}`, ...words];
      const { config, notes } = picameraConfig(readFlags(line).flags);

      expect(() => checkConfig(config)).not.toThrow();
      const told = notes.filter((note) => note.startsWith(`--${flag.name} `));
      expect([flag.name, told.length > 0]).toEqual([
        flag.name,
        flag.key === undefined ||
          ['v4l2-format', 'record-type', 'ipc-channel', 'socket-path'].includes(flag.name),
      ]);
    }
  });

  it.each([
    [
      '--camera=v4l2:2 --v4l2-format=mjpeg',
      { source: 'v4l2:/dev/video2', settings: { size: '640x480', fps: 30, format: 'mjpeg' } },
    ],
    ['--camera=v4l2:0', { source: 'v4l2:/dev/video0', settings: { size: '640x480', fps: 30 } }],
    ['--camera=rtsp://192.0.2.1/a', { source: 'rtsp://192.0.2.1/a' }],
    ['', { source: 'rpicam:0', settings: { size: '640x480', fps: 30 } }],
    ['--max-bitrate=2049', { settings: { size: '640x480', fps: 30, bitrate: 2_000_000 } }],
    ['--shutter=10ms', { settings: { shutter: '10000' } }],
    ['--shutter=0.5s', { settings: { shutter: '500000' } }],
    [
      '--exposure=short --metering=matrix --awb=normal',
      { settings: { exposure: 'sport', metering: 'average', awb: 'auto' } },
    ],
    ['--exposure=normal', { settings: { exposure: 'normal' } }],
    ['--awbgains=1.5,1.2 --lens-position=default', { settings: { awbgains: '1.5,1.2', lens: 'default' } }],
    ['--rotation=180', { settings: { rotation: '180' } }],
  ])('%s is the camera %j', (line, camera) => {
    const { config, camera: id } = configOf(line);

    expect(config.cameras?.[id]).toMatchObject(camera);
    expect(() => checkConfig(config)).not.toThrow();
  });

  it.each([
    ['--record_path=/rec --uid=a', '--record-path=/rec --uid=a'],
    ['--record-path=/rec --record-mode=snapshot', '--record-path=/rec --record-type=snapshot'],
    ['--use-whep --whep-port=81', '--use-whep --http-port=81'],
  ])('%s is the same as %s', (older, today) => {
    expect(configOf(older).config).toEqual(configOf(today).config);
  });

  it.each([
    ['--rotation=90', /^--rotation "90" has no effect: cameras turn a picture by 180 degrees or not at all$/],
    ['--exposure=custom', /^--exposure "custom" has no effect: it needs a tuning file/],
    ['--camera=v4l2:0 --sharpness=2', /^--sharpness has no effect: it is for libcamera: cameras$/],
    ['--camera=rtsp://a/b --fps=5', /^--fps has no effect: the camera itself says what it sends$/],
    ['--jpeg-quality=5', /^--jpeg-quality has no effect: nothing is recorded without --record-path$/],
    ['--record-path=/r --record-type=snapshot', /nothing is recorded; take pictures from \/snapshot\.jpg$/],
    ['--mqtt-host=a', /^--mqtt-host has no effect without --use-mqtt$/],
    ['--use-websocket', /^--use-websocket has no effect: Pinhole does not publish to an SFU$/],
    ['--detector-model=x', /^--detector-model has no effect: Pinhole does not look for things/],
    ['--socket-path=/a', /^--socket-path has no effect without --enable-ipc$/],
    ['--uid=a', /^no --use-mqtt: viewers come by Pinhole’s own broker/],
    ['', /^no --uid: pages with picamera\.js cannot find the camera/],
    ['--use-whep --uid=a', /^WHEP is at \/whep\/a and wants a token/],
  ])('%s is told of', (line, note) => {
    expect(configOf(line).notes).toContainEqual(expect.stringMatching(note));
  });

  it.each([
    ['--camra=x', 'there is no flag --camra. Did you mean "--camera"?'],
    ['camera', '"camera" is no flag of pi-webrtc'],
    ['--fps', '--fps needs a value'],
    ['--no-audio=true', '--no-audio takes no value'],
    ['--fps=many', '--fps "many": write a whole number from 1 to 240'],
    ['--fps=2.5', 'a whole number'],
    ['--awb=clody', 'Did you mean "cloudy"?'],
    ['--record-path=rec', '--record-path "rec": write e.g. /home/pi/recordings'],
    ['--stun-url=example.org', 'write e.g. stun:'],
    ['--camera=libargus:0', 'cameras by libargus (NVIDIA Jetson) are not captured here'],
    ['--camera=libcamera:a', 'write the number of the camera, e.g. libcamera:0'],
    ['--use-mqtt', '--uid is missing'],
    ['--uid=a/b', 'a character that MQTT topics give a meaning'],
    ['--turn-url=turn:a', 'needs --turn-username and --turn-password'],
    ['--port=x', '--port "x"'],
  ])('%s is refused: %s', (line, words) => {
    expect(refusal(line)).toContain(words);
  });

  it('that are wrong are all told at once, without their secrets', () => {
    expect(refusal('--fps=many --width=wide --gain=-1').split('\n')).toHaveLength(3);
  });

  it('name the flag of a source that is none', () => {
    const command = parseCommandLine(['picamera', '--camera=nothing'], {});
    if (command.kind !== 'serve-picamera') throw new Error(command.kind);

    expect(() => loadConfig(undefined, command.overrides)).toThrow(/^--camera: "nothing" is no source/);
  });
});

describe('a config.yml of pi-webrtc', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinhole-picamera-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const written = (text: string): string => {
    const file = join(folder, 'config.yml');
    writeFileSync(file, text);
    return file;
  };
  const read = (text: string, ...words: readonly string[]) => {
    const command = parseCommandLine(['picamera', '--config', written(text), ...words], {});
    if (command.kind !== 'serve-picamera') throw new Error(command.kind);
    return command;
  };

  it('is read; the command line counts more', () => {
    const { overrides } = read(
      'camera: v4l2:1\nfps: 15\nuse-mqtt: true\nno-audio: false\nuid: garden\n',
      '--fps=25',
    );

    expect(overrides.values).toMatchObject({
      cameras: { garden: { source: 'v4l2:/dev/video1', settings: { fps: 25 }, audio: 'opus' } },
      mqtt: { url: 'mqtt://localhost:1883' },
    });
  });

  it('has keys that nobody knows, and lists, passed over by name and place', () => {
    const { notes } = read('uid: a\nfsp: 3\ncameras:\n  - camera: libcamera:0\nheight:\n  - 3\n');

    expect(notes).toContainEqual(expect.stringMatching(/config\.yml:2:1: fsp: .* Did you mean "--fps"\?$/));
    expect(notes).toContainEqual(expect.stringMatching(/config\.yml:3:1: cameras: /));
    expect(notes).toContainEqual(expect.stringMatching(/config\.yml:5:1: height: a list/));
  });

  it.each([
    ['fps: many', /config\.yml:1:1: fps "many": write a whole number/],
    ['no-audio: maybe', /config\.yml:1:11: no-audio = "maybe": must be true or false/],
    ['- a', /must be keys and values/],
    ['a: [', /config\.yml:1:/],
  ])('%j is refused with its place', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it('that is not there is told', () => {
    expect(() => parseCommandLine(['picamera', '--config=/nowhere.yml'], {})).toThrow(
      /\/nowhere\.yml: cannot be read/,
    );
  });
});

it('the printed configuration is the one that is served', () => {
  const words = ['picamera', '--uid=garden', '--use-mqtt', '--record-path=/rec', '--hw-accel'];
  const [served, printed] = [parseCommandLine(words, {}), parseCommandLine([...words, '--print-config'], {})];
  if (served.kind !== 'serve-picamera' || printed.kind !== 'print') throw new Error('other commands');

  expect(parse(printed.text)).toEqual(served.overrides.values);
  expect(printed.text).toMatch(/^# --hw-accel has no effect: /m);
});
