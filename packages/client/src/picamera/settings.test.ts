import { describe, expect, it } from 'vitest';
import type { IPiCameraOptions } from './picamera-options.ts';
import { readOptions } from './settings.ts';

const read = (options: IPiCameraOptions) => readOptions(options);
const MQTT: IPiCameraOptions = { deviceUid: 'garden', mqttHost: 'broker.example' };

describe('the options', () => {
  it('have the defaults that are documented', () => {
    expect(read(MQTT)).toEqual({
      signaling: { kind: 'mqtt', uid: 'garden', url: 'wss://broker.example:8884/mqtt' },
      iceServers: [],
      timeoutMs: 10_000,
      datachannelOnly: false,
    });
  });

  it('have their defaults where they are undefined', () => {
    expect(read({ ...MQTT, mqttPath: undefined, mqttPort: undefined, timeout: undefined })).toEqual(
      read(MQTT),
    );
  });

  it.each([
    ['the port of the examples, which is a text', { mqttPort: '8884' }, 'wss://broker.example:8884/mqtt'],
    ['no port, as location.port has it', { mqttPort: '' }, 'wss://broker.example/mqtt'],
    ['plain WebSocket', { mqttProtocol: 'ws', mqttPort: 8080 }, 'ws://broker.example:8080/mqtt'],
    ['a protocol as location has it', { mqttProtocol: 'ws:', mqttPort: 80 }, 'ws://broker.example/mqtt'],
    ['an IPv6 address', { mqttHost: '::1' }, 'wss://[::1]:8884/mqtt'],
    ['a path without its slash', { mqttPath: 'ws' }, 'wss://broker.example:8884/ws'],
    ['no path', { mqttPath: '' }, 'wss://broker.example:8884/'],
  ])('take %s', (_, options, url) => {
    expect(read({ ...MQTT, ...options }).signaling).toMatchObject({ url });
  });

  it('take the newer names', () => {
    const { signaling, iceServers } = read({
      uid: 'garden',
      mqttHost: 'broker.example',
      turnUrls: ['turn:a', 'turn:b'],
      turnUsername: 'ann',
      turnPassword: 'secret',
    });

    expect(signaling).toMatchObject({ uid: 'garden' });
    expect(iceServers).toEqual([{ urls: ['turn:a', 'turn:b'], username: 'ann', credential: 'secret' }]);
  });

  it.each([
    ['null', null, []],
    ['none', [], []],
    ['one', ['stun:a'], [{ urls: ['stun:a'] }]],
  ])('take %s for STUN', (_, stunUrls, servers) => {
    expect(read({ ...MQTT, stunUrls }).iceServers).toEqual(servers);
  });

  it('use TURN only with a name and a password', () => {
    expect(read({ ...MQTT, turnUrl: 'turn:a', turnUsername: 'ann' }).iceServers).toEqual([]);
    expect(
      read({ ...MQTT, turnUrl: 'turn:a', turnUsername: 'ann', turnPassword: 'secret' }).iceServers,
    ).toEqual([{ urls: ['turn:a'], username: 'ann', credential: 'secret' }]);
  });

  it('make the address of a room in the order that servers know', () => {
    const options = {
      signaling: 'websocket',
      websocketUrl: 'wss://sfu.example/',
      apiKey: 'a&b',
      userId: 'ann',
      roomId: 'r',
    };

    expect(read(options as IPiCameraOptions).signaling).toEqual({
      kind: 'websocket',
      url: 'wss://sfu.example/rtc?apiKey=a%26b&userId=ann&roomId=r',
    });
  });

  it.each([
    ['signaling', { signaling: 'smoke' }],
    ['deviceUid', { deviceUid: undefined }],
    ['deviceUid', { deviceUid: 'a/+' }],
    ['mqttHost', { mqttHost: undefined }],
    ['mqttHost', { mqttHost: 'not a host' }],
    ['mqttProtocol', { mqttProtocol: 'mqtt' }],
    ['mqttPort', { mqttPort: 70_000 }],
    ['mqttPort', { mqttPort: '80a' }],
    ['timeout', { timeout: -1 }],
    ['timeout', { timeout: Number.NaN }],
    ['ipcMode', { ipcMode: 'both' }],
    ['codec', { codec: 'h264' }],
    ['websocketUrl', { signaling: 'websocket', websocketUrl: 'https://sfu.example' }],
  ])('name a %s that is no good', (option, options) => {
    expect(() => read({ ...MQTT, ...options } as IPiCameraOptions)).toThrowError(
      expect.objectContaining({ code: 'picamera/option', message: expect.stringMatching(`^${option} is `) }),
    );
  });
});
