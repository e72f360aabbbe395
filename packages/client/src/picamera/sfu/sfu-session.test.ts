import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeChannel } from '../fake-connection.ts';
import { CameraRig, settled } from '../fake-device.ts';
import type { FakeSocket } from '../fake-socket.ts';

const JOIN = { urls: ['stun:sfu.example'], username: 'u', credential: 'c' };

class FakeStream {
  readonly tracks: { kind: string; enabled: boolean }[] = [];
  addTrack(track: { kind: string; enabled: boolean }): void {
    this.tracks.push(track);
  }
  getAudioTracks() {
    return this.tracks.filter(({ kind }) => kind === 'audio');
  }
}

describe('a room at an SFU server', () => {
  let rig: CameraRig;
  let socket: FakeSocket;

  beforeEach(() => {
    vi.useFakeTimers({
      toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'performance'],
    });
    vi.stubGlobal('MediaStream', FakeStream);
  });
  afterEach(() => {
    rig.camera.terminate();
    expect(vi.getTimerCount()).toBe(0);
    expect(socket.readyState).toBe(3);
    for (const connection of rig.platform.connections) expect(connection.connectionState).toBe('closed');
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });

  const open = async (ipcMode?: 'lossy' | 'reliable'): Promise<void> => {
    rig = new CameraRig({
      signaling: 'websocket',
      websocketUrl: 'wss://sfu.example',
      apiKey: 'key',
      roomId: 'room',
      userId: 'ann',
      ipcMode,
    });
    rig.camera.connect();
    socket = rig.platform.socket;
    socket.open();
    socket.say('join', JOIN);
    await settled();
  };

  it('is joined with a connection to publish and one to subscribe', async () => {
    await open();

    expect(socket.url).toBe('wss://sfu.example/rtc?apiKey=key&userId=ann&roomId=room');
    expect(rig.platform.connections).toHaveLength(2);
    const [publisher, subscriber] = rig.platform.connections;
    expect(publisher?.configuration.iceServers).toEqual([JOIN]);
    expect(publisher?.channels.map(({ label, options }) => [label, options])).toEqual([
      ['_reliable', { ordered: true }],
      ['_lossy', { ordered: false, maxRetransmits: 0 }],
    ]);
    expect(socket.sent).toEqual([{ action: 'offer', message: publisher?.localDescription?.sdp }]);

    socket.say('answer', 'v=0\r\nanswer');
    socket.say('offer', 'v=0\r\noffer');
    await settled();

    expect(publisher?.remoteDescription).toEqual({ type: 'answer', sdp: 'v=0\r\nanswer' });
    expect(subscriber?.remoteDescription).toEqual({ type: 'offer', sdp: 'v=0\r\noffer' });
    expect(socket.sent.at(-1)).toEqual({ action: 'answer', message: 'v=0\r\na=answer-of:2\r\n' });
  });

  it('takes candidates in all forms, before and after the description, and sends its own', async () => {
    await open();
    const [publisher, subscriber] = rig.platform.connections;
    const init = { candidate: 'candidate:1', sdpMid: '0', sdpMLineIndex: 0 };

    socket.say('trickle', { target: 'SUBSCRIBER', candidateInit: init });
    socket.say('trickle', { target: 'SUBSCRIBER', candidateInit: JSON.stringify(init) });
    expect(subscriber?.candidates).toEqual([]);
    socket.say('offer', 'v=0\r\noffer');
    await settled();
    socket.say('trickle', { target: 'SUBSCRIBER', candidateInit: 'candidate:2' });
    publisher?.find(init);
    subscriber?.find({ ...init, candidate: '' });

    expect(subscriber?.candidates).toEqual([init, init, { candidate: 'candidate:2', sdpMLineIndex: 0 }]);
    const trickled = socket.sent.filter(({ action }) => action.startsWith('trickle'));
    expect(trickled).toEqual([{ action: 'tricklePublisher', message: JSON.stringify(init) }]);
  });

  it('gives each participant one stream with all of their tracks', async () => {
    await open();
    const [, subscriber] = rig.platform.connections;
    const audio = { kind: 'audio', enabled: true };

    subscriber?.bring({ kind: 'video' }, [{ id: 'PA_1|TR_1' }]);
    subscriber?.bring(audio, [{ id: 'PA_1|TR_2' }]);
    subscriber?.bring({ kind: 'video' }, [{ id: 'PA_2|TR_3' }]);

    const all = rig.all('onSfuStream');
    expect(all.map(([sid]) => sid)).toEqual(['PA_1', 'PA_1', 'PA_2']);
    expect(all[0]?.[1]).toBe(all[1]?.[1]);
    expect(all[2]?.[1]).not.toBe(all[1]?.[1]);
    expect(rig.all('onStream')).toHaveLength(3);
    rig.camera.toggleSpeaker();
    expect(audio.enabled).toBe(false);
    socket.say('participant', [{ sid: 'PA_1', id: 'door', state: 'DISCONNECTED' }]);
    subscriber?.bring({ kind: 'video' }, [{ id: 'PA_1|TR_4' }]);
    expect(rig.all('onSfuStream').at(-1)?.[1]).not.toBe(all[0]?.[1]);
  });

  it('pings every five seconds, and leaves in the end', async () => {
    await open();
    rig.platform.connections[0]?.become('connected');

    vi.advanceTimersByTime(15_000);
    rig.camera.terminate();

    expect(socket.sent.slice(1).map(({ action }) => action)).toEqual(['ping', 'ping', 'ping', 'leave']);
  });

  it('is not connected in time where neither connection comes about', async () => {
    await open();

    vi.advanceTimersByTime(10_000);

    expect(rig.told.map(([event]) => event)).toEqual(['onTimeout', 'onConnectionState']);
  });

  it('tells the state of both connections together', async () => {
    await open();
    const [publisher, subscriber] = rig.platform.connections;

    publisher?.become('connecting');
    publisher?.become('connected');
    subscriber?.become('connecting');
    subscriber?.become('connected');
    expect(rig.camera.getStatus()).toBe('connected');
    subscriber?.become('failed');

    expect(rig.all('onConnectionState').flat()).toEqual(['connecting', 'connected', 'failed', 'closed']);
    expect(rig.errors).toEqual(['picamera/connection-lost']);
  });

  it('carries messages, by the channel and in the encoding of those who speak', async () => {
    await open('lossy');
    const [publisher, subscriber] = rig.platform.connections;
    const [reliable, lossy] = publisher?.channels ?? [];
    rig.camera.sendMessage('too soon');
    reliable?.open();
    lossy?.open();
    expect(rig.all('onDatachannel')).toEqual([[2], [1]]);
    const incoming = new FakeChannel('_lossy', {});
    const other = new FakeChannel('_reliable', {});
    subscriber?.offerChannel(incoming);
    subscriber?.offerChannel(other);

    rig.camera.sendMessage('hi');
    // A data packet with type byte and body, as devices up to 1.2 send them.
    const legacy = (...payload: number[]): Uint8Array =>
      Uint8Array.of(0x12, payload.length + 2 + 11, 0x12, payload.length, ...payload, 0x22, 9, ...TOPIC);
    incoming.say(legacy(6, 0x32));
    incoming.say(legacy(6, 0x68, 0x6f));
    incoming.say(legacy(6));
    incoming.say(Uint8Array.of(0xff, 0xff));
    incoming.say('text');
    other.say(legacy(6, 0x32));
    rig.camera.sendMessage('yo');

    expect(lossy?.sent).toEqual([
      Uint8Array.of(0x08, 1, 0x12, 0x14, 0x12, 7, 0x08, 0x64, 0xa2, 0x06, 2, 0x68, 0x69, 0x22, 9, ...TOPIC),
      Uint8Array.of(
        0x08,
        1,
        0x12,
        0x26,
        0x12,
        0x19,
        ...new TextEncoder().encode('{"type":6,"message":"yo"}'),
        0x22,
        9,
        ...TOPIC,
      ),
    ]);
    expect(reliable?.sent).toEqual([]);
    expect(rig.all('onMessage').map(([text]) => text)).toEqual(['ho']);
    expect(rig.errors).toEqual(['picamera/not-open']);
  });

  it('has no command channel', async () => {
    await open();

    rig.camera.snapshot();
    rig.camera.getRecordingMetadata();
    rig.camera.toggleMic();

    expect(rig.errors).toEqual(['picamera/unsupported', 'picamera/unsupported']);
    expect(rig.platform.asked).toBe(0);
  });

  it('tells once of what cannot be read, of errors, and of the end', async () => {
    await open();

    for (const garbage of ['{', '{"action":5}', '{"action":"join","message":"["}']) socket.sayRaw(garbage);
    socket.say('offer', 'v=0\r\nunreadable');
    await settled();
    socket.say('error', 'no such room');
    socket.say('tomorrow', '');
    socket.close();
    socket.vanish(1006);

    expect(rig.errors).toEqual([
      'picamera/malformed',
      'picamera/negotiation',
      'picamera/sfu-error',
      'picamera/sfu-closed',
    ]);
    expect(rig.camera.getStatus()).toBe('closed');
  });

  it('that cannot be reached is told', () => {
    rig = new CameraRig({ signaling: 'websocket', websocketUrl: 'wss://sfu.example' });
    rig.camera.connect();
    socket = rig.platform.socket;

    socket.vanish(1006);

    expect(rig.errors).toEqual(['picamera/sfu-unreachable']);
  });
});

/** `ipc_topic` */
const TOPIC = [0x69, 0x70, 0x63, 0x5f, 0x74, 0x6f, 0x70, 0x69, 0x63];
