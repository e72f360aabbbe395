import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigError } from './config-error.ts';
import { loadConfig, type Overrides } from './load-config.ts';

const NOTHING: Overrides = { values: {}, names: {} };

describe('loadConfig', () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pinhole-config-'));
    file = join(folder, 'pinhole.yaml');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const load = (text: string, overrides = NOTHING) => {
    writeFileSync(file, text);
    return loadConfig(file, overrides);
  };
  const issuesOf = (text: string, overrides = NOTHING) => {
    try {
      load(text, overrides);
    } catch (error) {
      if (error instanceof ConfigError) return error.issues;
      throw error;
    }
    throw new Error('nothing was wrong');
  };

  it('fills in what is left out', () => {
    const config = loadConfig(undefined, NOTHING);

    expect(config).toMatchObject({
      listen: '127.0.0.1',
      port: 8080,
      anonymous: [],
      cameras: {},
      logLevel: 'info',
    });
  });

  it('takes a key whose values are all commented out for one that is left out', () => {
    expect(load('limits:\n#  viewers: 3\ncameras:\n').limits.viewers).toBe(1000);
  });

  it('reads the example file of the project', () => {
    const config = loadConfig(resolve('pinhole.example.yaml'), NOTHING);

    expect(Object.keys(config.cameras)).toEqual(['test', 'card', 'hall']);
    expect(config.cameras['hall']).toMatchObject({
      label: 'The hall',
      anonymous: [{ from: ['192.168.0.0/16'], rights: ['view'] }],
    });
  });

  it("takes a source's settings one a line for those behind its question mark", () => {
    const text = 'cameras:\n  test:\n    source: synthetic:640x360@15\n    settings:\n      gop: 45\n';

    expect(load(text).cameras['test']?.source).toEqual({
      kind: 'synthetic',
      width: 640,
      height: 360,
      framesPerSecond: 15,
      gopFrames: 45,
    });
    expect(issuesOf(text.replace('gop: 45', 'gob: 45'))[0]).toMatchObject({
      path: 'cameras.test.source',
      message: expect.stringContaining('Did you mean "gop"?'),
    });
  });

  it('points at a misspelt key with file, line and column, and names the right one', () => {
    const issues = issuesOf('port: 8080\ncameras:\n  door:\n    sorce: synthetic\n');

    expect(issues).toContainEqual({
      at: `${file}:4:5`,
      path: 'cameras.door.sorce',
      message: 'unknown key "sorce". Did you mean "source"?',
    });
  });

  it('points at a wrong value and shows it', () => {
    const issues = issuesOf('listen: 0.0.0.0\nport: 80800\n');

    expect(issues).toEqual([
      { at: `${file}:2:7`, path: 'port', message: 'must be from 0 to 65535', value: '80800' },
    ]);
  });

  it('tells all that is wrong at once', () => {
    const issues = issuesOf('prot: 80\nlogLevel: debgu\nlimits: { viewers: many }\n');

    expect(issues.map(({ at, message }) => `${at} ${message}`).toSorted()).toEqual([
      `${file}:1:1 unknown key "prot". Did you mean "port"?`,
      `${file}:2:11 must be one of debug, info, warn, error, silent. Did you mean "debug"?`,
      `${file}:3:20 must be a whole number from 1 to 100000`,
    ]);
  });

  it.each([
    ['a: 1\na: 2\n', `:2:1`, 'Map keys must be unique'],
    ['cameras: [\n', `:2:1`, 'end with a ]'],
    ['- 1\n', ':1:1', 'must be keys and values'],
  ])('places what is no YAML for us: %j', (text, place, words) => {
    const [issue] = issuesOf(text);

    expect(issue?.at).toBe(`${file}${place}`);
    expect(issue?.message).toContain(words);
  });

  it.each([
    ['cameras: { "my door": synthetic }', 'a camera id has letters'],
    ['cameras: { door: sythetic }', 'Did you mean "synthetic"?'],
    ['cameras: { door: "synthetic:160x125" }', 'height 125 of synthetic: must be even'],
    ['cameras: { door: { label: x } }', 'is missing; it must be a source'],
    ['anonymous: [admin]', 'must be one of view, control, record, download, publish'],
    ['anonymous: [{ from: 10.0.0.0/33, rights: [view] }]', '"10.0.0.0/33" is no network range'],
    ['origins: [cam.example]', 'must be an origin without a path'],
    ['tls: yes please', 'must be auto, or a certificate and a key file'],
    ['limits: 5', 'must have keys and values: viewers, viewersPerCamera'],
    ['cameras: { door: }', 'must have keys and values: source, settings, label'],
    ['a: &a [*a, *a]\nb: *c', 'alias'],
    ['port: 1\n---\nport: 2', 'multiple documents'],
    ['webrtc: { portRange: 6-5 }', 'must be two ports with a dash'],
    [
      'webrtc: { portRange: 50000-50100, port: 8189 }',
      'webrtc.portRange = "50000-50100": cannot stand beside webrtc.port (8189)',
    ],
    ['webrtc: { port: 70000 }', 'webrtc.port'],
    ['webrtc: { tcp: maybe }', 'webrtc.tcp = "maybe": must be true or false'],
    ['trustedProxies: proxy', 'no network range'],
    ['cameras: { door: { source: synthetic, picamera: "a/b" } }', 'use letters, digits, - and _'],
    ['cameras: { door: { source: synthetic, picamera: { uid: "a|b" } } }', 'begins with $ or has a |'],
    ['cameras: { door: { source: synthetic, picamera: { streamId: a } } }', 'uid: is missing'],
    [
      'cameras: { door: { source: synthetic, picamera: { uid: a, rights: [publish] } } }',
      'must be one of view',
    ],
  ])('%s is refused: %s', (text, words) => {
    expect(() => load(text)).toThrow(words);
  });

  it.each([
    'cameras: { door: "rtsp://me:hunter2@cam:99999/x" }',
    'cameras: { door: "rtsp://me:a/hunter2@cam/x" }',
    'cameras: { door: "rtps://me:a/hunter2@cam/x" }',
    'cameras: { door: { source: ["rtsp://me:a@hunter2@cam/x"] } }',
    'iceServers: { urls: "turn:cam", credential: hunter2 }',
  ])('never shows the password in %s', (text) => {
    expect(() => load(text)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });

  it('lets flags count more than the file, camera by camera', () => {
    const overrides: Overrides = {
      values: { port: 9000, cameras: { door: 'synthetic:320x240' } },
      names: { port: '--port', 'cameras.door': '--camera door' },
    };

    const config = load('port: 80\ncameras: { door: synthetic, hall: synthetic }\n', overrides);

    expect(config.port).toBe(9000);
    expect(config.cameras['door']?.source).toMatchObject({ width: 320 });
    expect(Object.keys(config.cameras)).toEqual(['door', 'hall']);
  });

  it('names the flag when the flag is wrong', () => {
    const overrides: Overrides = { values: { listen: '' }, names: { listen: '--listen' } };

    expect(issuesOf('port: 80\n', overrides)).toEqual([
      expect.objectContaining({ at: '--listen', path: '' }),
    ]);
  });

  it("starts the file's relative paths at the file's folder", () => {
    const config = load(
      'data: state\ncameras: { clip: "file:walk.mp4" }\ntls: { cert: a.pem, key: /k.pem }\n',
    );

    expect(config.data).toBe(join(folder, 'state'));
    expect(config.cameras['clip']?.source).toEqual({ kind: 'file', path: join(folder, 'walk.mp4') });
    expect(config.tls).toEqual({ cert: join(folder, 'a.pem'), key: '/k.pem' });
  });

  it('refuses two devices of one uid or one socket, at the second of them', () => {
    const text = [
      'cameras:',
      '  door: { source: synthetic, picamera: garden }',
      '  hall: { source: synthetic, picamera: { uid: garden, ipc: { enabled: true, socket: a } } }',
      '  roof: { source: synthetic, picamera: { uid: roof, ipc: { enabled: true, socket: a } } }',
    ].join('\n');

    expect(issuesOf(text)).toEqual([
      {
        at: `${file}:3:47`,
        path: 'cameras.hall.picamera.uid',
        message: 'is the uid of camera "door" too; each needs its own',
        value: '"garden"',
      },
      {
        at: `${file}:4:83`,
        path: 'cameras.roof.picamera.ipc.socket',
        message: 'is the socket of camera "hall" too; each needs its own',
      },
    ]);
  });

  it('takes no key that an object is born with for one of ours', () => {
    expect(() => load('"__proto__": { port: 1 }\n')).toThrow(ConfigError);
    expect(() => load('constructor: 1\n')).toThrow('unknown key "constructor"');
  });
});
