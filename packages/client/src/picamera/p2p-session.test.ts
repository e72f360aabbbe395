import { describe, expect, it, vi } from 'vitest';
import { cameraRigs } from '../../../../test/support/picamera-client/camera-rigs.ts';
import { settled } from './fake-device.ts';

const openRig = cameraRigs();

describe('time', () => {
  it('is up after the timeout, and everything ends', async () => {
    const rig = await openRig({ timeout: 3_000 }).offer();
    vi.advanceTimersByTime(2_999);
    expect(rig.told).toEqual([]);

    vi.advanceTimersByTime(1);

    expect(rig.told).toEqual([['onTimeout'], ['onConnectionState', 'closed']]);
    expect(rig.camera.getStatus()).toBe('closed');
  });

  it('has no end when it is 0; the offer is made again by a new viewer', async () => {
    const rig = await openRig({ timeout: 0 }).offer();
    const { cid } = rig;

    vi.advanceTimersByTime(10_000);
    rig.platform.link.accept();
    await settled();

    expect(rig.cid).not.toBe(cid);
    expect(rig.topics).toEqual([`garden/offer/${rig.cid}`, `garden/sdp/${rig.cid}/offer`]);
    expect(rig.platform.connections.map(({ connectionState }) => connectionState)).toEqual(['closed', 'new']);
    vi.advanceTimersByTime(3_600_000);
    expect(rig.all('onTimeout')).toEqual([]);
  });

  it('does not matter once it was connected', async () => {
    const rig = await openRig().live('sdp');

    vi.advanceTimersByTime(60_000);

    expect(rig.all('onTimeout')).toEqual([]);
  });
});

describe('the connection', () => {
  it('tells its states and channels', async () => {
    const rig = await openRig({ ipcMode: 'reliable' }).live('offer');

    expect(rig.told).toEqual([
      ['onConnectionState', 'connected'],
      ['onDatachannel', 0],
      ['onDatachannel', 2],
    ]);
    expect(rig.camera.getStatus()).toBe('connected');
  });

  it('is restarted three times when it breaks, then given up', async () => {
    const rig = await openRig().live('offer');

    rig.connection.become('disconnected');
    for (const ms of [3_000, 8_000, 8_000]) {
      vi.advanceTimersByTime(ms);
      await settled();
    }
    expect(rig.connection.restarts).toBe(3);
    expect(rig.errors).toEqual([]);
    vi.advanceTimersByTime(8_000);

    expect(rig.errors).toEqual(['picamera/connection-lost']);
    expect(rig.all('onConnectionState').at(-1)).toEqual(['closed']);
    expect(rig.platform.connections).toHaveLength(1);
  });

  it('goes on after a restart that the same device answers', async () => {
    const rig = await openRig().live('offer');
    rig.connection.become('failed');
    await settled();

    await rig.answer('offer');
    rig.connection.become('connected');
    vi.advanceTimersByTime(60_000);

    expect(rig.connection.restarts).toBe(1);
    expect(rig.platform.connections).toHaveLength(1);
    expect(rig.errors).toEqual([]);
  });

  it('keeps candidates of a restart until its answer', async () => {
    const rig = await openRig().live('offer');
    rig.connection.become('failed');
    await settled();

    rig.platform.link.bring(`garden/ice/${rig.cid}`, { candidate: 'candidate:new', sdpMid: '0' });
    await settled();
    expect(rig.connection.candidates).toEqual([]);
    await rig.answer('offer');

    expect(rig.connection.candidates).toHaveLength(1);
  });

  it('is built anew when another device answers the restart', async () => {
    const rig = await openRig().live('offer');
    const { cid } = rig;
    rig.camera.snapshot();
    rig.connection.become('failed');
    await settled();

    await rig.answer('offer', 'CC:DD');
    expect(rig.errors).toEqual(['picamera/connection-lost']);
    rig.platform.link.accept();
    await settled();
    await rig.answer('offer', 'CC:DD');
    rig.connection.become('connected');

    expect(rig.cid).not.toBe(cid);
    expect(rig.platform.connections.map(({ connectionState }) => connectionState)).toEqual([
      'closed',
      'connected',
    ]);
    expect(rig.platform.links[0]).toMatchObject({ closed: true, listeners: 0 });
  });

  it('is built anew where devices know no restart', async () => {
    const rig = await openRig().live('sdp');

    rig.connection.become('disconnected');
    vi.advanceTimersByTime(8_000);
    rig.platform.link.accept();
    await settled();
    await rig.answer('sdp', 'CC:DD');
    rig.connection.become('connected');
    vi.advanceTimersByTime(60_000);

    expect(rig.platform.connections).toHaveLength(2);
    expect(rig.connection.restarts).toBe(0);
    expect(rig.errors).toEqual([]);
  });

  it('is built anew at once when the device closes it', async () => {
    const rig = await openRig().live('offer');

    rig.channel(0).vanish();
    rig.platform.link.accept();
    await settled();
    await rig.answer('offer');

    expect(rig.platform.connections.map(({ connectionState }) => connectionState)).toEqual(['closed', 'new']);
    expect(rig.errors).toEqual([]);
  });

  it('can be opened again after it was terminated', async () => {
    const rig = await openRig().live('sdp');
    rig.camera.connect();
    expect(rig.platform.connections).toHaveLength(1);
    rig.camera.terminate();
    expect(rig.camera.getStatus()).toBe('closed');
    const first = rig.cid;

    await rig.live('offer');

    expect(rig.cid).not.toBe(first);
    expect(rig.camera.getStatus()).toBe('connected');
    expect(rig.platform.connections).toHaveLength(2);
  });

  it('tells "closed" at each terminate, and nothing else any more', async () => {
    const rig = await openRig().live('offer');
    rig.told.length = 0;
    const { connection } = rig;
    const command = rig.channel(0);

    rig.camera.terminate();
    rig.camera.terminate();
    connection.become('closed');
    command.open();
    command.say(Uint8Array.of(1, 0x31));
    command.close();
    rig.platform.link.bring(`garden/offer/${rig.cid}`, { type: 'offer', sdp: 'v=0' });
    await settled();

    expect(rig.told).toEqual([
      ['onConnectionState', 'closed'],
      ['onConnectionState', 'closed'],
    ]);
    expect(connection.stopped).toBe(2);
  });

  it('says goodbye in the encoding of the device, in both while it is unknown', async () => {
    const rig = await openRig().live('sdp');
    const unknown = rig.channel(0);
    rig.camera.terminate();
    expect(unknown.sent).toEqual([Uint8Array.of(0x12, 2, 8, 1), '{"type":0,"message":"false"}']);

    await rig.live('offer');
    const known = rig.channel(0);
    rig.camera.terminate();

    expect(known.sent).toEqual([Uint8Array.of(0x12, 2, 8, 1)]);
  });
});
