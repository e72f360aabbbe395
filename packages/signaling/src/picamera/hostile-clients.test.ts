import { PinholeError } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { candidateOf, DeviceRig, offerOf } from './fake-device.ts';

const watched = async (): Promise<DeviceRig> => {
  const rig = new DeviceRig();
  await rig.offerNew('cat', offerOf());
  rig.peers.at(0).request.handle({ kind: 'connected' });
  return rig;
};

describe('messages that make no sense', () => {
  it.each([
    ['messagesMalformed', 'garden/offer/x', 'not json'],
    ['messagesMalformed', 'garden/offer/x', '{"type":"offer"}'],
    ['messagesMalformed', 'garden/offer/x', '{"type":"answer","sdp":"v=0"}'],
    ['messagesMalformed', 'garden/offer/x', '[]'],
    ['messagesMalformed', 'garden/offer/x', ''],
    ['messagesMalformed', 'garden/offer/x', Uint8Array.of(0xff, 0xfe, 0)],
    ['messagesMalformed', 'garden/sdp/x/offer', '{"sdp":7,"type":"offer"}'],
    ['messagesMalformed', 'garden/ice/x/offer', '{"candidate":{}}'],
    ['messagesMalformed', 'garden/ice/x', '{"candidate":"candidate:1","sdpMLineIndex":"0"}'],
    ['messagesOversized', 'garden/offer/x', 'x'.repeat(200_000)],
    ['offersRefused', 'garden/offer/x', '{"type":"offer","sdp":"hello"}'],
    ['answersUnexpected', 'garden/answer/x', '{"type":"answer","sdp":"v=0"}'],
    ['topicsUnknown', `garden/offer/${'x'.repeat(500)}`, '{}'],
    ['topicsUnknown', 'garden/offer/\u0007', '{}'],
  ])('count as %s on %s, and nothing else happens', async (counter, topic, payload) => {
    const rig = await watched();
    const said = rig.link.said.length;

    rig.link.hear(topic, payload);
    rig.pass(1);

    expect(rig.device.counters).toMatchObject({ [counter]: 1 });
    expect([rig.peers.opened.length, rig.link.said.length, rig.device.viewers]).toEqual([1, said, 1]);
  });

  it('any bytes at all on any topic change nothing for who watches', async () => {
    const rig = await watched();
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    const levels = ['sdp', 'ice', 'offer', 'answer', 'lwt', '', 'x'];
    const texts = [
      '{"type":"offer","sdp":"v=0',
      '"candidate":',
      'null',
      '{}',
      '[1',
      '\u0000',
      'm=video',
      '"',
    ];

    for (let round = 0; round < 5000; round++) {
      const topic = [
        'garden',
        levels[random(levels.length)],
        `c${random(50)}`,
        ...(random(2) ? ['offer'] : []),
      ];
      const payload = random(2)
        ? Uint8Array.from({ length: random(200) }, () => random(256))
        : Array.from({ length: random(6) }, () => texts[random(texts.length)]).join('');
      rig.link.hear(topic.join('/'), payload);
      rig.peers.at(0).request.handle({ kind: 'heard' });
      if (round % 500 === 0) rig.pass(1);
    }
    await rig.offerOld('ann', offerOf());

    expect(rig.peers.opened).toHaveLength(2);
    expect([rig.peers.at(0).closed, rig.answers('garden/sdp/ann').length]).toEqual([undefined, 1]);
  });

  it('are told of once a minute, with numbers', async () => {
    const rig = await watched();
    for (let time = 0; time < 5; time++) rig.link.hear('garden/offer/x', 'no');
    expect(rig.logged).toEqual([]);

    rig.pass(60);
    rig.pass(60);

    expect(rig.logged).toEqual([
      { fields: { uid: 'garden', messagesMalformed: 5 }, message: expect.any(String) },
    ]);
  });

  it('that were retained are of viewers long gone', async () => {
    const rig = new DeviceRig();

    rig.link.hear('garden/offer/ann', { type: 'offer', sdp: offerOf() }, { retained: true });

    expect([rig.peers.opened.length, rig.device.counters.messagesRetained]).toEqual([0, 1]);
  });

  it('that are our own, from a broker without No Local, are known again', async () => {
    const rig = await watched();

    for (const { topic, payload } of rig.link.said.slice()) rig.link.hear(topic, payload);

    expect(rig.device.counters).toMatchObject({ answersUnexpected: 1, candidatesEchoed: 1 });
    expect(rig.peers.at(0).candidates).toEqual([]);
  });
});

describe('too much', () => {
  it('of one client is refused to that one', async () => {
    const rig = new DeviceRig();

    for (let version = 0; version < 20; version++) await rig.offerNew('mad', offerOf({ version }));
    await rig.offerNew('cat', offerOf());

    expect(rig.device.counters.offersLimited).toBe(12);
    expect(rig.answers('garden/answer/cat')).toHaveLength(1);
    rig.pass(5);
    await rig.offerNew('mad', offerOf({ version: 99 }));
    expect(rig.device.counters.offersLimited).toBe(12);
  });

  it('of connections is refused, and one client has two at most', async () => {
    const rig = new DeviceRig({ limits: { connections: 3 } });
    for (const session of ['1', '2', '3']) await rig.offerOld('ann', offerOf({ session }));
    expect(rig.peers.at(0).closed).toBe('left');

    await rig.offerOld('ben', offerOf());
    await rig.offerOld('cid', offerOf());

    expect(rig.device.counters.offersRefused).toBe(1);
    expect(rig.answers('garden/sdp/cid')).toEqual([]);
    rig.pass(60);
    expect(rig.logged.at(-1)?.fields).toMatchObject({ offersRefused: 1, lastRefusal: 'session/limit' });
  });

  it('of candidates without an offer is let go: by number, by length, by age, by clients', async () => {
    const rig = new DeviceRig({ limits: { earlyCandidates: 2, earlyCharacters: 150, earlyClients: 2 } });

    for (const port of [1, 2, 3]) rig.link.hear('garden/ice/ann/offer', candidateOf(port));
    rig.link.hear('garden/ice/ben/offer', { candidate: `candidate:${'x'.repeat(200)}` });
    expect(rig.device.counters).toMatchObject({ candidatesEarly: 2, candidatesEarlyDropped: 2 });
    for (const cid of ['ben', 'cid', 'dan']) rig.link.hear(`garden/ice/${cid}/offer`, candidateOf(1));
    expect(rig.device.counters).toMatchObject({ candidatesEarly: 5, candidatesEarlyDropped: 5 });

    rig.pass(15);

    expect(rig.device.counters.candidatesEarlyDropped).toBe(7);
  });

  it('of candidates of one client is let go', async () => {
    const rig = await watched();

    for (let port = 1; port <= 200; port++) rig.link.hear('garden/ice/cat', candidateOf(port, 'abcd'));

    expect(rig.device.counters.candidatesLimited).toBe(72);
  });

  it('of strangers does not keep those from being served who are counted', async () => {
    const rig = await watched();

    for (let stranger = 0; stranger < 3000; stranger++)
      rig.link.hear(`garden/ice/s${stranger}/offer`, candidateOf(1));
    await rig.offerNew('cat', offerOf({ version: 2 }));

    expect(rig.device.counters.renegotiations).toBe(1);
  });
});

describe('clients that may not watch', () => {
  it.each([
    ['nobody', undefined],
    ['without the right', { tokenId: 't', address: '', rights: ['download'] as const }],
  ])('get no answer: %s', async (_, identity) => {
    const rig = new DeviceRig({ identify: () => identity });

    await rig.offerNew('cat', offerOf());

    expect(rig.link.said).toEqual([]);
    expect(rig.device.counters.offersForbidden).toBe(1);
  });

  it('are told of by what it was that cannot be served', async () => {
    const rig = new DeviceRig();
    rig.peers.refusal = new PinholeError('webrtc/no-h264', 'the browser offers no H.264');

    await rig.offerNew('cat', offerOf());
    rig.pass(60);

    expect([rig.over, rig.registry.list()]).toEqual([1, []]);
    expect(rig.logged[0]?.fields).toEqual({ uid: 'garden', offersRefused: 1, lastRefusal: 'webrtc/no-h264' });
  });
});

describe('a link that takes nothing more', () => {
  it('costs the message, by name', async () => {
    const rig = new DeviceRig();
    rig.link.takes = false;

    await rig.offerNew('cat', offerOf());

    expect(rig.device.counters.publishesDropped).toBe(2);
  });
});
