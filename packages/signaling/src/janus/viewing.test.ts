import { micros, PinholeError } from '@pinhole/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { ANSWER, identityOf, JanusRig } from '../../../../test/support/janus-rig.ts';

const PLUGIN = 'janus.plugin.ustreamer';
let rig: JanusRig;

beforeEach(() => {
  rig = new JanusRig();
});

const event = (at: { session_id: number; handle_id: number }, data: object, rest: object = {}) => ({
  janus: 'event',
  session_id: at.session_id,
  sender: at.handle_id,
  plugindata: { plugin: PLUGIN, data: { ustreamer: 'event', ...data } },
  ...rest,
});

describe('a viewer, from watch to detach', () => {
  async function watching() {
    const { client, ...at } = await rig.attached();
    const send = (body: object, rest: object = {}) =>
      client.say({ janus: 'message', transaction: 't', body, ...at, ...rest });
    return { client, at, send };
  }

  it('is answered at once, and offered the camera when its picture is there', async () => {
    const { client, at, send } = await watching();

    send({ request: 'watch', params: { audio: true, orientation: 90 } });

    expect(await client.settled()).toEqual([{ janus: 'ack', session_id: at.session_id, transaction: 't' }]);
    await rig.picture();
    expect(await client.settled()).toEqual([
      event(
        at,
        { result: { status: 'started' } },
        { transaction: 't', jsep: { type: 'offer', sdp: 'offer-1' } },
      ),
    ]);
    expect(rig.peers[0]?.media).toMatchObject({ audio: 'send', rotation: 270, whenIdle: 'repeat' });
    expect(rig.registry.list()).toMatchObject([{ camera: 'door', transport: 'webrtc' }]);
  });

  it('starts with its answer, hears that it is connected, and that it has hung up', async () => {
    const { client, at, send } = await watching();
    send({ request: 'watch' });
    await rig.picture();
    await client.settled();

    send({ request: 'start' }, { jsep: ANSWER });
    expect((await client.settled()).map(({ janus }) => janus)).toEqual(['ack', 'event']);
    expect(rig.peers[0]?.answers).toEqual([ANSWER.sdp]);

    client.say(
      { janus: 'trickle', transaction: 'x', candidate: { candidate: 'candidate:1', sdpMid: '0' }, ...at },
      { janus: 'trickle', transaction: 'y', candidates: [{ candidate: 'b', sdpMLineIndex: 1 }], ...at },
      { janus: 'trickle', transaction: 'z', candidate: { completed: true }, ...at },
    );
    expect((await client.settled()).map(({ janus }) => janus)).toEqual(['ack', 'ack', 'ack']);
    expect(rig.peers[0]?.candidates).toEqual(['candidate:1']);
    expect(rig.gateway.counters.candidatesPassedOver).toBe(1);

    rig.peers[0]?.media.handle({ kind: 'connected' });
    expect(client.take()).toEqual([{ janus: 'webrtcup', session_id: at.session_id, sender: at.handle_id }]);

    rig.peers[0]?.media.handle({ kind: 'left' });
    expect(client.take()).toEqual([
      { janus: 'hangup', session_id: at.session_id, sender: at.handle_id, reason: 'DTLS alert' },
    ]);
    expect(rig.registry.list()).toEqual([]);
  });

  it('hangs up and is offered anew; detaches and is gone', async () => {
    const { client, at, send } = await watching();
    send({ request: 'watch' });
    await rig.picture();
    await client.settled();

    client.say({ janus: 'hangup', transaction: 'h', ...at });
    expect(client.take()).toMatchObject([{ janus: 'success' }, { janus: 'hangup', reason: 'Janus API' }]);
    expect(rig.peers[0]?.closed).toBe(true);

    send({ request: 'watch' });
    expect(await client.settled()).toMatchObject([{ janus: 'ack' }, { jsep: { sdp: 'offer-2' } }]);

    client.say({ janus: 'detach', transaction: 'd', ...at });
    expect(client.take()).toMatchObject([
      { janus: 'success' },
      { janus: 'hangup', reason: 'Detach' },
      { janus: 'detached', sender: at.handle_id },
    ]);
    expect(rig.registry.list()).toEqual([]);
    expect(rig.gateway.gauges).toEqual({ sessions: 1, lost: 0, handles: 0 });
  });

  it('is made the same offer again while it has not answered, and another for other wishes', async () => {
    const { client, send } = await watching();
    send({ request: 'watch' });
    await rig.picture();
    await client.settled();

    send({ request: 'watch' });
    expect(await client.settled()).toMatchObject([{}, { jsep: { sdp: 'offer-1' } }]);

    send({ request: 'watch', params: { orientation: 180 } });
    expect(await client.settled()).toMatchObject([
      { janus: 'ack' },
      { janus: 'hangup', reason: 'Close PC' },
      { jsep: { sdp: 'offer-2' } },
    ]);
    expect(rig.peers.map(({ closed }) => closed)).toEqual([true, false]);
  });

  it('is told 503 after two seconds without a picture, and not before', async () => {
    const { client, at, send } = await watching();
    send({ request: 'watch' });
    await client.settled();
    rig.sources.door.state({ kind: 'failed', code: 'source/refused', why: 'no' });

    await rig.after(1900);
    expect(client.take()).toEqual([]);
    await rig.after(100);

    const error = "Haven't received SPS/PPS from memsink yet";
    expect(client.take()).toEqual([event(at, { error_code: 503, error }, { transaction: 't' })]);
    expect(rig.gateway.counters.watchesNotReady).toBe(1);
    expect(rig.registry.list()).toEqual([]);
  });

  it('that leaves while the camera is waited for is offered nothing', async () => {
    const { client, at, send } = await watching();
    send({ request: 'watch' });
    await client.settled();

    client.say({ janus: 'detach', transaction: 'd', ...at });
    await rig.picture();
    await rig.after(2000);

    expect((await client.settled()).map(({ janus }) => janus)).toEqual(['success', 'detached']);
    expect(rig.peers.filter(({ closed }) => !closed)).toEqual([]);
    expect(rig.registry.list()).toEqual([]);
  });

  it('chooses among several cameras, of those that it may see', async () => {
    const { client, ...at } = await rig.attached(
      identityOf({ tokenId: 'bob', address: '192.0.2.2' }, ['garden']),
    );
    const watch = async (params: object) => {
      client.say({ janus: 'message', transaction: 't', body: { request: 'watch', params }, ...at });
      await rig.picture('garden').catch(() => {});
      return (await client.settled()).slice(1);
    };

    const refused = event(at, { error_code: 404, error: 'No such camera' }, { transaction: 't' });
    expect(await watch({})).toEqual([refused]);
    expect(await watch({ camera_id: 'nowhere' })).toEqual([refused]);
    expect(await watch({ camera_id: 'garden' })).toMatchObject([{ jsep: { type: 'offer' } }]);
    expect(rig.registry.list()).toMatchObject([{ camera: 'garden' }]);
  });

  it('whose answer fits no offer hears why', async () => {
    const { client, at, send } = await watching();
    send({ request: 'start' }, { jsep: ANSWER });
    expect(await client.settled()).toMatchObject([
      { error: { code: 469, reason: 'Unexpected ANSWER (did we offer?)' }, session_id: at.session_id },
    ]);

    send({ request: 'watch' });
    await rig.picture();
    await client.settled();
    rig.accept = () => Promise.reject(new PinholeError('webrtc/no-h264', 'no H.264'));
    send({ request: 'start' }, { jsep: ANSWER });
    send({ request: 'start' }, { jsep: { ...ANSWER, type: 'offer' } });

    expect(await client.settled()).toMatchObject([
      { error: { code: 465, reason: 'Error processing SDP: no H.264' } },
      { error: { code: 465 } },
    ]);
    expect(rig.gateway.counters.answersRefused).toBe(1);
  });

  it('that the registry sends away hears so, and its session stays', async () => {
    const { client, send } = await watching();
    send({ request: 'watch' });
    await rig.picture();
    await client.settled();

    rig.registry.endWhere(() => true, 'revoked');

    expect(client.take()).toMatchObject([{ janus: 'hangup', reason: 'Admin API' }]);
    expect(rig.gateway.gauges.sessions).toBe(1);
  });

  it('is told what cannot be watched in words that it can show', async () => {
    const { client, send } = await watching();
    send({ request: 'watch' });
    await rig.picture();
    await client.settled();
    send({ request: 5 });
    send({});
    send({ request: 'list' });

    const codes = (await client.settled()).flatMap((message) => {
      const { data } = (message['plugindata'] ?? {}) as { data?: { error_code: number; error: string } };
      return data === undefined ? [] : [`${data.error_code} ${data.error}`];
    });
    expect(codes).toEqual(['400 Request not a string', '400 Request missing', '405 Not implemented']);
  });

  it('never connects: it is given a minute, for a person who is asked for the microphone', async () => {
    const { client, send } = await watching();
    send({ request: 'watch' });
    await rig.picture();
    await client.settled();

    await rig.after(59_000);
    expect(client.take()).toEqual([]);
    client.say({ janus: 'keepalive', transaction: 'k', session_id: 101 });
    await rig.after(1_000);

    expect(client.take()).toMatchObject([{ janus: 'ack' }, { janus: 'hangup', reason: 'ICE failed' }]);
  });
});

describe('the eras of the plugin', () => {
  /** `features`, `watch`, `start` and nonsense, each settled; ids and SDP in words. */
  async function transcript(replies: 'ack' | 'early' | 'late'): Promise<string[]> {
    rig = new JanusRig({ replies });
    const { client, ...at } = await rig.attached();
    await rig.picture().catch(() => {});
    const lines: string[] = [];
    for (const [transaction, body, jsep] of [
      ['t1', { request: 'features' }],
      ['t2', { request: 'watch' }],
      ['t3', { request: 'start' }, ANSWER],
      ['t4', { request: 'nonsense' }],
      ['t5', { request: 'key_required' }],
    ] as const) {
      client.say({ janus: 'message', transaction, body, ...(jsep && { jsep }), ...at });
      await rig.picture().catch(() => {});
      for (const message of await client.settled()) {
        const text = JSON.stringify(message);
        lines.push(text.replaceAll(String(at.handle_id), 'H').replaceAll(String(at.session_id), 'S'));
      }
    }
    return lines;
  }

  const say = (data: string, rest = '', transaction = '') =>
    `{"janus":"event","session_id":S,${transaction}"sender":H,"plugindata":{"plugin":"${PLUGIN}","data":{"ustreamer":"event",${data}}}${rest}}`;
  const FEATURES =
    '"result":{"status":"features","features":{"audio":true,"mic":false,"ice":{"url":"stun:stun.example.org"}}}';
  const OFFER = ',"jsep":{"type":"offer","sdp":"offer-1"}';
  const STARTED = '"result":{"status":"started"}';
  const NONSENSE = '"error_code":405,"error":"Not implemented"';
  const ack = (transaction: string) => `{"janus":"ack","session_id":S,"transaction":"${transaction}"}`;
  const ok = (transaction: string) =>
    `{"janus":"success","session_id":S,"transaction":"${transaction}","sender":H,"plugindata":{"plugin":"${PLUGIN}","data":{"ok":true}}}`;
  const of = (transaction: string) => `"transaction":"${transaction}",`;

  it('up to 6.17: the event with its transaction, then ack', async () => {
    expect(await transcript('early')).toEqual([
      say(FEATURES, '', of('t1')),
      ack('t1'),
      say(STARTED, OFFER, of('t2')),
      ack('t2'),
      say(STARTED, '', of('t3')),
      ack('t3'),
      say(NONSENSE, '', of('t4')),
      ack('t4'),
      ack('t5'),
    ]);
  });

  it('since 6.18: the event without, then success with ok', async () => {
    expect(await transcript('late')).toEqual([
      say(FEATURES),
      ok('t1'),
      say(STARTED, OFFER),
      ok('t2'),
      say(STARTED),
      ok('t3'),
      say(NONSENSE),
      ok('t4'),
      ok('t5'),
    ]);
  });

  it('for all clients: ack at once, then the event with its transaction', async () => {
    expect(await transcript('ack')).toEqual([
      ack('t1'),
      say(FEATURES, '', of('t1')),
      ack('t2'),
      say(STARTED, OFFER, of('t2')),
      ack('t3'),
      say(STARTED, '', of('t3')),
      ack('t4'),
      say(NONSENSE, '', of('t4')),
      ack('t5'),
    ]);
  });
});

describe('a microphone', () => {
  it('goes where the server hears viewers, and ends with the connection', async () => {
    const said: string[] = [];
    rig = new JanusRig({
      soundOf: () => ({ audio: true, mic: true }),
      openVoice: (camera, who) => {
        said.push(`${who.tokenId} at ${camera}`);
        return { write: () => said.push('frame'), end: () => said.push('end') };
      },
    });
    const { client, ...at } = await rig.attached();
    const params = { audio: true, mic: true };
    client.say({ janus: 'message', transaction: 't', body: { request: 'watch', params }, ...at });
    await rig.picture();

    expect(rig.peers[0]?.media.audio).toBe('both');
    rig.peers[0]?.media.onAudio?.({ data: new Uint8Array(1), timestamp: micros(0), sequence: 0 });
    client.say({ janus: 'hangup', transaction: 'h', ...at });

    expect(said).toEqual(['ann at door', 'frame', 'end']);
  });
});
