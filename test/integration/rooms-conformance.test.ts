import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { inWords, RoomPeer } from '../support/room-peer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const OFFER = { type: 'offer', sdp: 'v=0\r\nopaque' };
const ANSWER = { type: 'answer', sdp: 'v=0\r\nopaque' };
const CANDIDATE = { candidate: 'candidate:0 1 UDP 1 192.0.2.1 9 typ host', sdpMid: '0', sdpMLineIndex: 0 };
const DOOR = { deviceType: 'camera', cameraId: 'door' };

/** What the program cannot know by itself: what other programs of the field send and expect, message by message. */
describe.each(['compatible', 'strict'] as const)('%s rooms', (mode) => {
  let server: TestServer;
  let token: string;
  const open: RoomPeer[] = [];

  beforeAll(async () => {
    server = await openTestServer({
      rooms: { mode },
      limits: { writesPerSecond: 1000, writeBurst: 10_000 },
    });
    token = server.adminToken;
  });
  afterAll(() => server.close());
  afterEach(async () => {
    await Promise.all(open.splice(0).map((peer) => peer.leave()));
  });

  async function connect(options: { readonly mute?: true } = {}): Promise<RoomPeer> {
    const peer = await RoomPeer.open(`${server.url}/`, { ...options, ...(mode === 'strict' && { token }) });
    open.push(peer);
    return peer;
  }

  async function member(fields: Readonly<Record<string, unknown>>): Promise<RoomPeer> {
    const peer = await connect();
    await peer.join(fields);
    return peer;
  }

  const gauge = async (what: string): Promise<number> => {
    const { text } = await server.ask('/metrics', { token: server.adminToken });
    return Number(new RegExp(`^pinhole_rooms\\{what="${what}"\\} (\\d+)$`, 'm').exec(text)?.[1]);
  };

  it('1. two clients negotiate as camera and viewer, message by message', async () => {
    const viewer = await member({ room: 'cctv' });
    const camera = await member({ room: 'cctv', ...DOOR });
    expect(await viewer.take('clientJoined')).toEqual({ type: 'clientJoined', clientId: camera.id, ...DOOR });
    expect(await viewer.take('cameraAvailable')).toEqual({
      type: 'cameraAvailable',
      cameraId: 'door',
      clientId: camera.id,
      viewers: 0,
    });

    viewer.say({ type: 'requestStream', cameraId: 'door' });
    const request = await camera.take('viewerRequest');
    expect(request).toMatchObject({
      viewerId: viewer.id,
      requestId: expect.stringMatching(/^\d+$/) as string,
    });
    camera.say({ type: 'offer', target: request.viewerId, sdp: OFFER });
    expect(await viewer.take('offer')).toEqual({ type: 'offer', sender: camera.id, sdp: OFFER });
    viewer.say({ type: 'answer', target: camera.id, sdp: ANSWER });
    expect(await camera.take('answer')).toEqual({ type: 'answer', sender: viewer.id, sdp: ANSWER });
    for (const [from, to] of [
      [camera, viewer],
      [viewer, camera],
    ] as const) {
      from.say({ type: 'iceCandidate', target: to.id, candidate: CANDIDATE });
      expect(await to.take('iceCandidate')).toEqual({
        type: 'iceCandidate',
        sender: from.id,
        candidate: CANDIDATE,
      });
    }
    viewer.say({ type: 'stopStream', cameraId: 'door' });
    expect(await camera.take('viewerLeft')).toEqual({
      type: 'viewerLeft',
      viewerId: viewer.id,
      cameraId: 'door',
    });
  });

  it('1. two plain clients negotiate with descriptions that are no SDP; strict rooms want a view session', async () => {
    const [one, other] = [await member({ room: 'test-room' }), await member({ room: 'test-room' })];
    const { clientId } = await one.take('clientJoined');

    one.say({ type: 'offer', target: clientId, sdp: { type: 'offer', sdp: 'test-sdp-offer' } });
    const refused = inWords(await one.heard());
    const offers = (await other.heard()).filter(({ type }) => type === 'offer');
    other.say({ type: 'answer', target: one.id, sdp: { type: 'answer', sdp: 'test-sdp-answer' } });
    await other.heard();
    const answers = await one.heard();

    expect({ refused, offers, answers }).toEqual(
      mode === 'strict'
        ? { refused: ['forbidden-target'], offers: [], answers: [] }
        : {
            refused: [],
            offers: [{ type: 'offer', sender: one.id, sdp: { type: 'offer', sdp: 'test-sdp-offer' } }],
            answers: [{ type: 'answer', sender: other.id, sdp: { type: 'answer', sdp: 'test-sdp-answer' } }],
          },
    );
  });

  it.each<readonly [string, readonly unknown[], readonly string[]]>([
    ['an offer before a join', [{ type: 'offer', target: 'TARGET', sdp: OFFER }], ['forbidden-target']],
    ['a request before a join', [{ type: 'requestStream', cameraId: 'door' }], ['cameraNotFound']],
    ['a request without a camera', [{ type: 'requestStream' }], ['bad-message']],
    ['an offer without a target', [{ type: 'offer', sdp: OFFER }], ['bad-message']],
    ['a room that is an object', [{ type: 'join', room: { a: 1 } }], ['bad-message']],
    ['a camera id that is an object', [{ type: 'join', ...DOOR, cameraId: { k: 1 } }], ['bad-message']],
    ['another kind of device', [{ type: 'join', deviceType: 'robot' }], ['bad-message']],
    ['room 0', [{ type: 'join', room: 0 }], ['joined']],
    ['no room', [{ type: 'join' }], ['joined']],
    ['a camera without an id', [{ type: 'join', room: 'r', deviceType: 'camera' }], ['joined']],
    ['null', [null], ['bad-message']],
    ['a list', [[]], ['bad-message']],
    ['an unknown type', [{ type: 'toString' }], ['unknown-type']],
    [
      'an unknown target',
      [
        { type: 'join', room: 'r' },
        { type: 'answer', target: 'x' },
      ],
      ['joined', 'peer-unavailable'],
    ],
    ['leaving without a room', [{ type: 'leave' }], ['not-in-room']],
    [
      'joining again',
      [
        { type: 'join', room: 'r' },
        { type: 'join', room: 'r' },
      ],
      ['joined', 'joined'],
    ],
  ])('2. %s is answered, and the connection goes on', async (_, messages, answers) => {
    const target = await member({ room: 'elsewhere' });
    const peer = await connect();

    for (const message of messages) peer.raw(JSON.stringify(message).replace('TARGET', target.id));

    expect(inWords(await peer.heard())).toEqual(answers);
    expect(await target.heard()).toEqual([]);
  });

  it('2. the same camera id in two rooms is two cameras', async () => {
    const one = await member({ room: 'a', ...DOOR });
    const other = await member({ room: 'b', ...DOOR });
    const viewer = await member({ room: 'b' });

    viewer.say({ type: 'requestStream', cameraId: 'door' });

    expect(await other.take('viewerRequest')).toMatchObject({ viewerId: viewer.id });
    expect(await one.heard()).toEqual([]);
  });

  it('3. a camera that comes back by a new connection is never away', async () => {
    const viewer = await member({ room: 'cctv' });
    const old = await connect({ mute: true });
    await old.join({ room: 'cctv', ...DOOR });
    const again = await connect();
    again.say({ type: 'resume', resumeToken: old.resumeToken });
    await again.join({ room: 'cctv', ...DOOR });

    expect(await old.closed).toBe(4409);
    viewer.say({ type: 'requestStream', cameraId: 'door' });
    await again.take('viewerRequest');
    const heard = inWords(await viewer.heard());
    expect(heard).not.toContain('cameraUnavailable');
    expect(heard.filter((word) => word === 'cameraAvailable')).toHaveLength(2);
  });

  it('3. the first owner keeps its id, and its end is the end of nobody else', async () => {
    const identity = await server.token({ cameras: '*', rights: ['publish', 'view'] });
    const owner = await RoomPeer.open(`${server.url}/`, { token: identity.token });
    open.push(owner);
    await owner.join({ room: 'cctv', ...DOOR });
    const other = await connect();

    other.say({ type: 'join', room: 'cctv', ...DOOR });
    expect(await other.take('error')).toMatchObject({ code: 'camera-id-taken', re: 'join' });
    await owner.leave();
    await other.join({ room: 'cctv', ...DOOR });

    expect(await gauge('cameras')).toBe(1);
  });

  it('4. nothing of one room is heard in another', async () => {
    const outside = await member({ room: 'b' });
    const camera = await member({ room: 'a', ...DOOR });
    const viewer = await member({ room: 'a' });
    viewer.say({ type: 'requestStream', cameraId: 'door' });
    camera.say({ type: 'cameraStatus', cameraId: 'door', streaming: true });
    await viewer.take('cameraStatus');
    await camera.leave();
    await viewer.take('cameraUnavailable');

    expect(await outside.heard()).toEqual([]);
  });

  it('5. 300 KiB end the connection with 1009', async () => {
    const peer = await connect();

    peer.raw(JSON.stringify({ type: 'join', room: 'x'.repeat(300 * 1024) }));

    expect(await peer.closed).toBe(1009);
  });

  it('6. of a thousand rooms that were joined and left nothing stays', async () => {
    const peers = [await connect(), await connect(), await connect(), await connect()];
    for (let i = 0; i < 250; i++) {
      await Promise.all(
        peers.map(async (peer) => {
          peer.say({ type: 'join', room: `room-${Math.random()}`, ...DOOR });
          if (i % 40 === 39) await new Promise((resolve) => setTimeout(resolve, 700));
        }),
      );
    }
    for (const peer of peers) peer.say({ type: 'leave' });
    for (const peer of peers) await peer.take('left');

    expect([await gauge('rooms'), await gauge('members'), await gauge('cameras')]).toEqual([0, 0, 0]);
  }, 60_000);

  it('10. a board that joins, reports and answers without a description is taken as it is', async () => {
    const viewer = await member({ room: 'cctv' });
    const board = await member({ room: 'cctv', deviceType: 'camera', cameraId: 'ESP32-CAM-001' });
    for (let i = 0; i < 5; i++) {
      board.say({ type: 'frameInfo', cameraId: 'ESP32-CAM-001', size: 9216, width: 640, height: 480 });
    }
    board.say({
      type: 'cameraStatus',
      cameraId: 'ESP32-CAM-001',
      streaming: true,
      viewers: 1,
      timestamp: 10_000,
    });
    viewer.say({ type: 'requestStream', cameraId: 'ESP32-CAM-001', requestId: '1' });
    viewer.say({ type: 'offer', target: board.id, sdp: OFFER });
    await board.take('offer');
    board.say({ type: 'answer', target: viewer.id });

    expect(inWords(await board.heard())).toEqual([]);
    expect(await viewer.take('cameraStatus')).toMatchObject({ streaming: true, viewers: 1 });
    expect(await viewer.take('answer')).toEqual({ type: 'answer', sender: board.id });
  });

  it('11. /health has its two keys', async () => {
    const reply = await server.ask('/health');

    expect(reply.status).toBe(200);
    expect(reply.json()).toEqual({
      status: 'OK',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/) as string,
    });
  });

  it('leaving by the room "default", as the client library does, is announced', async () => {
    const viewer = await member({ room: 'cctv' });
    const camera = await member({ room: 'cctv', ...DOOR });

    await camera.join({ room: 'default' });

    await viewer.take('cameraUnavailable');
    expect(await viewer.take('clientDisconnected')).toMatchObject({ clientId: camera.id, reason: 'moved' });
  });
});
