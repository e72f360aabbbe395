import { describe, expect, it, vi } from 'vitest';
import { cameraRigs } from '../../../../test/support/picamera-client/camera-rigs.ts';
import { settled } from './fake-device.ts';

const openRig = cameraRigs();

describe('signaling', () => {
  it('listens before it offers, and offers on the topics of both families', async () => {
    const rig = openRig();
    rig.camera.connect();
    await settled();
    const { link } = rig.platform;
    expect(link.options).toMatchObject({ url: 'wss://broker.example:8884/mqtt', clientId: rig.cid });
    expect(link.wishes.map(({ topic, qos, noLocal }) => [topic, qos, noLocal])).toEqual([
      [`garden/sdp/${rig.cid}`, 2, true],
      [`garden/offer/${rig.cid}`, 2, true],
      [`garden/answer/${rig.cid}`, 2, true],
      [`garden/ice/${rig.cid}`, 2, true],
    ]);
    expect(rig.topics).toEqual([]);

    link.accept();
    await settled();

    expect(rig.topics).toEqual([`garden/offer/${rig.cid}`, `garden/sdp/${rig.cid}/offer`]);
    const [first, second] = link.published;
    expect(first?.payload).toBe(second?.payload);
    expect(JSON.parse(first?.payload ?? '')).toEqual({
      type: 'offer',
      sdp: rig.connection.localDescription?.sdp,
    });
  });

  it('has picture, sound and channels in its offer, in this order', async () => {
    const rig = await openRig({ ipcMode: 'lossy' }).offer();

    expect(rig.connection.transceivers.map(({ kind, direction }) => [kind, direction])).toEqual([
      ['video', 'recvonly'],
      ['audio', 'sendrecv'],
    ]);
    expect(rig.connection.channels.map(({ label, options }) => [label, options])).toEqual([
      ['command', { negotiated: true, id: 0, ordered: true }],
      ['_lossy', { negotiated: true, id: 1, ordered: true, maxRetransmits: 0 }],
    ]);
  });

  it('has channels alone where nothing else is wanted', async () => {
    const rig = await openRig({ datachannelOnly: true, ipcMode: 'reliable', isMicOn: true }).offer();

    expect(rig.connection.transceivers).toEqual([]);
    expect(rig.connection.channels.map(({ options }) => options.id)).toEqual([0, 2]);
    expect(rig.platform.asked).toBe(0);
  });

  it('says its candidates as devices can read them, and on the topics of the answer alone after it', async () => {
    const rig = await openRig().offer();
    const before = rig.topics.length;
    const candidate = { candidate: 'candidate:1 1 udp 1 ::1 9 typ host', sdpMid: null, sdpMLineIndex: 0 };

    rig.connection.find(candidate);
    await rig.answer('sdp');
    rig.connection.find({ ...candidate, sdpMid: '0', usernameFragment: 'abc' });
    rig.connection.find({ candidate: '', sdpMid: '0', sdpMLineIndex: 0 });

    expect(rig.topics.slice(before)).toEqual([
      `garden/ice/${rig.cid}`,
      `garden/ice/${rig.cid}/offer`,
      `garden/ice/${rig.cid}/offer`,
    ]);
    expect(JSON.parse(rig.platform.link.published.at(-2)?.payload ?? '')).toEqual({
      ...candidate,
      sdpMid: '0',
    });
  });

  it('keeps candidates that come before the answer', async () => {
    const rig = await openRig().offer();
    const candidate = { candidate: 'candidate:1 1 udp 1 ::1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };

    rig.platform.link.bring(`garden/ice/${rig.cid}`, candidate);
    await settled();
    expect(rig.connection.candidates).toEqual([]);
    await rig.answer('offer');

    expect(rig.connection.candidates).toEqual([candidate]);
  });

  it('takes the first answer, and no other', async () => {
    const rig = await openRig().offer();

    await rig.answer('offer', 'AA');
    await rig.answer('sdp', 'BB');
    await rig.answer('offer', 'AA');

    expect(rig.connection.remoteDescription?.sdp).toContain('sha-256 AA');
    expect(rig.errors).toEqual([]);
  });

  it('leaves the broker once it is connected to a device of the older family', async () => {
    const rig = await openRig().live('sdp');

    expect(rig.platform.link).toMatchObject({ closed: true, listeners: 0 });
  });

  it('answers offers of a device of the newer family', async () => {
    const rig = await openRig().live('offer');

    rig.platform.link.bring(`garden/offer/${rig.cid}`, { type: 'offer', sdp: 'v=0\r\nnew' });
    await settled();

    expect(rig.platform.link.published.at(-1)).toEqual({
      topic: `garden/answer/${rig.cid}`,
      payload: JSON.stringify({ type: 'answer', sdp: 'v=0\r\na=answer-of:1\r\n' }),
    });
  });

  it('does not answer an offer of the device while its own waits: the device takes its back', async () => {
    const rig = await openRig().live('offer');
    rig.connection.become('failed');
    await settled();
    const before = rig.topics.length;

    rig.platform.link.bring(`garden/offer/${rig.cid}`, { type: 'offer', sdp: 'v=0\r\nnew' });
    await settled();

    expect(rig.topics.slice(before)).toEqual([]);
  });

  it('tells once of what cannot be read, and goes on', async () => {
    const rig = await openRig().offer();

    for (const garbage of ['{', '{}', '{"type":"answer"}', 'null', '{"type":"offer","sdp":"v=0"}']) {
      rig.platform.link.bring(`garden/answer/${rig.cid}`, garbage);
      rig.platform.link.bring(`garden/ice/${rig.cid}`, garbage);
    }
    rig.platform.link.bring('somebody/else', '{}');
    await settled();
    expect(rig.errors).toEqual(['picamera/malformed']);
    await rig.answer('offer');

    expect(rig.connection.remoteDescription).not.toBeNull();
  });

  it('tells of an answer that does not fit', async () => {
    const rig = await openRig().offer();

    await rig.answer('offer', 'unreadable');

    expect(rig.errors).toEqual(['picamera/negotiation']);
  });

  it('tells of an answer without a picture', async () => {
    const rig = await openRig({ codec: undefined }).offer();

    rig.platform.link.bring(`garden/sdp/${rig.cid}`, { type: 'answer', sdp: 'v=0\r\nm=video 0 x\r\n' });
    await settled();

    expect(rig.errors).toEqual(['picamera/no-video']);
  });

  it('says so when the browser lacks the codec', async () => {
    const rig = await openRig({ codec: 'AV1' }).offer();

    expect(rig.errors).toEqual(['picamera/no-codec']);
    expect(rig.topics).toHaveLength(2);
  });
});

describe('the broker', () => {
  it('that refuses the password ends it, without another try', async () => {
    const rig = openRig({ mqttUsername: 'ann', mqttPassword: 'wrong' });
    rig.camera.connect();
    expect(rig.platform.link.options).toMatchObject({ username: 'ann', password: 'wrong' });

    rig.platform.link.refuse();
    await settled();

    expect(rig.errors).toEqual(['picamera/broker-refused']);
    expect(rig.all('onConnectionState')).toEqual([['closed']]);
    vi.advanceTimersByTime(60_000);
    expect(rig.platform.links).toHaveLength(1);
    expect(rig.all('onTimeout')).toEqual([]);
  });

  it('that grants neither answer ends it', async () => {
    const rig = openRig();
    rig.camera.connect();

    rig.platform.link.accept(() => false);
    await settled();

    expect(rig.errors).toEqual(['picamera/topic-refused']);
  });

  it.each([
    ['older', 'sdp'],
    ['newer', 'answer'],
  ])('that grants the topics of the %s family only is enough', async (_, level) => {
    const rig = openRig();
    rig.camera.connect();

    rig.platform.link.accept((topic) => topic.includes(`/${level}/`) || topic.includes('/ice/'));
    await settled();

    expect(rig.topics).toHaveLength(2);
    expect(rig.errors).toEqual([]);
  });

  it('that cannot be reached is told once, until the timeout', () => {
    const rig = openRig();
    rig.camera.connect();

    for (let i = 0; i < 3; i++) {
      rig.platform.link.become({ kind: 'lost', why: 'nobody listens', retryInMs: 1 as never });
      rig.platform.link.become({ kind: 'connecting' });
    }
    expect(rig.errors).toEqual(['picamera/broker-unreachable']);
    vi.advanceTimersByTime(10_000);

    expect(rig.told.map(([event]) => event)).toEqual(['onError', 'onTimeout', 'onConnectionState']);
  });
});
