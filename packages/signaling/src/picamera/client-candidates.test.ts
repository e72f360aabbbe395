import { describe, expect, it } from 'vitest';
import { candidateOf, DeviceRig, offerOf, settled } from './fake-device.ts';

describe('candidates', () => {
  it('that come before their offer wait for it', async () => {
    const rig = new DeviceRig();
    rig.link.hear('garden/ice/ann/offer', candidateOf(1000));
    rig.link.hear('garden/ice/ann/offer', candidateOf(1001, 'abcd'));

    await rig.offerOld('ann', offerOf());

    expect(rig.peers.at(0).candidates).toEqual([
      candidateOf(1000).candidate,
      candidateOf(1001, 'abcd').candidate,
    ]);
    expect(rig.device.counters).toMatchObject({ candidates: 2, candidatesEarly: 2 });
  });

  it('that come while the offer is being answered wait for the answer', async () => {
    const rig = new DeviceRig();
    let open = (): void => {};
    rig.peers.gate = new Promise((resolve) => {
      open = resolve;
    });
    await rig.offerOld('ann', offerOf());
    rig.link.hear('garden/ice/ann/offer', candidateOf(1000, 'abcd'));
    rig.link.hear('garden/ice/ann/offer', candidateOf(1001));

    open();
    await settled();

    expect(rig.peers.at(0).candidates).toHaveLength(2);
  });

  it('that come late are given on, each once, whichever topic they come on', async () => {
    const rig = new DeviceRig();
    await rig.offerNew('cat', offerOf());
    rig.peers.at(0).request.handle({ kind: 'connected' });

    for (const topic of ['garden/ice/cat', 'garden/ice/cat/offer'])
      for (const port of [1000, 1001]) rig.link.hear(topic, candidateOf(port, 'abcd'));

    expect(rig.peers.at(0).candidates).toEqual(
      [1000, 1001].map((port) => candidateOf(port, 'abcd').candidate),
    );
  });

  it('of a restart wait for its offer where they come before it, though the connection gets them too', async () => {
    const rig = new DeviceRig();
    await rig.offerNew('cat', offerOf({ ufrag: 'abcd' }));
    rig.link.hear('garden/ice/cat', candidateOf(2000, 'restart'));
    expect(rig.device.counters.candidatesEarly).toBe(0);
    rig.peers.at(0).candidates.length = 0;

    await rig.offerNew('cat', offerOf({ session: '2', ufrag: 'restart' }));

    expect(rig.peers.at(1).candidates).toEqual([candidateOf(2000, 'restart').candidate]);
  });

  it('from a pool, which name no offer, find the connection, before the offer and after it', async () => {
    const rig = new DeviceRig();
    rig.link.hear('garden/ice/ann/offer', candidateOf(1000, 'pool'));

    await rig.offerOld('ann', offerOf({ ufrag: 'abcd' }));
    rig.link.hear('garden/ice/ann/offer', candidateOf(1001, 'pool'));

    expect(rig.peers.at(0).candidates).toEqual(
      [1000, 1001].map((port) => candidateOf(port, 'pool').candidate),
    );
  });

  it('of two connections of one client find theirs', async () => {
    const rig = new DeviceRig();
    await rig.offerOld('ann', offerOf({ session: '1', ufrag: 'first' }));
    await rig.offerOld('ann', offerOf({ session: '2', ufrag: 'second' }));

    rig.link.hear('garden/ice/ann/offer', candidateOf(1, 'first'));
    rig.link.hear('garden/ice/ann/offer', candidateOf(2, 'second'));
    rig.link.hear('garden/ice/ann/offer', candidateOf(3));

    expect(rig.peers.at(0).candidates).toEqual([candidateOf(1, 'first').candidate]);
    expect(rig.peers.at(1).candidates).toEqual([
      candidateOf(2, 'second').candidate,
      candidateOf(3).candidate,
    ]);
  });

  it('that are the end of them, as some browsers say it, are nothing', async () => {
    const rig = new DeviceRig();
    await rig.offerOld('ann', offerOf());

    rig.link.hear('garden/ice/ann/offer', { candidate: '', sdpMid: '0', sdpMLineIndex: 0 });

    expect([rig.peers.at(0).candidates, rig.device.counters.messagesMalformed]).toEqual([[], 0]);
  });
});

describe('time', () => {
  it('ends a connection that is not up a minute after its offer, and no other', async () => {
    const rig = new DeviceRig();
    await rig.offerOld('slow', offerOf());
    rig.pass(30);
    await rig.offerOld('slower', offerOf());
    rig.pass(29);
    expect(rig.registry.list()).toHaveLength(2);

    rig.pass(1);

    expect([rig.peers.at(0).closed, rig.peers.at(1).closed]).toEqual(['timeout', undefined]);
    expect(rig.device.viewers).toBe(1);
  });

  it('ends what a client of the first generations left behind sooner than what generation C may come back to', async () => {
    const rig = new DeviceRig();
    await rig.offerOld('ann', offerOf());
    await rig.offerNew('cat', offerOf());
    for (const { request } of rig.peers.opened) {
      request.handle({ kind: 'connected' });
      request.handle({ kind: 'disconnected' });
    }

    rig.pass(20);
    expect([rig.peers.at(0).closed, rig.peers.at(1).closed]).toEqual(['timeout', undefined]);
    rig.pass(40);
    expect(rig.peers.at(1).closed).toBe('timeout');
  });
});
