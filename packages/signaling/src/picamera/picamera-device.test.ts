import { PinholeError } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { answerOf, DeviceRig, offerOf, ScriptedLink, settled } from './fake-device.ts';

describe('a device', () => {
  it('listens on the topics of both families, and not to itself', () => {
    const { link } = new DeviceRig();

    expect(link.wishes).toEqual(
      ['sdp/+/offer', 'ice/+/offer', 'offer/+', 'answer/+', 'ice/+'].map((rest) => ({
        topic: `garden/${rest}`,
        qos: 0,
        noLocal: true,
      })),
    );
  });

  it('answers generations A and B on theirs: the answer first, then each candidate, at QoS 2', async () => {
    const rig = new DeviceRig();

    await rig.offerOld('ann', offerOf());

    expect(rig.link.said).toEqual([
      {
        topic: 'garden/sdp/ann',
        payload: JSON.stringify({ type: 'answer', sdp: answerOf(0, 0) }),
        qos: 2,
        retain: false,
      },
      {
        topic: 'garden/ice/ann',
        payload: JSON.stringify({
          candidate: 'candidate:1 1 udp 2130706431 192.0.2.1 5000 typ host',
          sdpMid: '0',
          sdpMLineIndex: 0,
        }),
        qos: 2,
        retain: false,
      },
    ]);
    expect(rig.served).toMatchObject([{ clientId: 'ann', family: 'sdp' }]);
  });

  it('answers generation C on its own, and names stream and tracks as clients know them', async () => {
    const rig = new DeviceRig();

    await rig.offerNew('cat', offerOf());

    expect(rig.answers('garden/answer/cat')).toEqual([answerOf(0, 0)]);
    expect(rig.link.on('garden/sdp/cat')).toEqual([]);
    expect(rig.link.on('garden/ice/cat')).toHaveLength(1);
    expect(rig.peers.at(0).request).toMatchObject({
      video: 'if-offered',
      msid: { stream: 'garden', video: 'video_track', audio: 'audio_track' },
      who: { rights: ['view'] },
    });
  });

  it('makes one connection of an offer that comes on both, and answers on both', async () => {
    const rig = new DeviceRig();

    rig.link.hear('garden/sdp/dan/offer', { type: 'offer', sdp: offerOf() });
    await rig.offerNew('dan', offerOf());

    expect(rig.peers.opened).toHaveLength(1);
    expect(rig.link.said.map(({ topic }) => topic)).toEqual([
      'garden/answer/dan',
      'garden/sdp/dan',
      'garden/ice/dan',
    ]);
    expect(rig.device.counters).toMatchObject({ offers: 2, offersRepeated: 1, answers: 2 });
  });

  it('answers the second copy too when it comes after the answer', async () => {
    const rig = new DeviceRig();
    await rig.offerOld('dan', offerOf());

    await rig.offerNew('dan', offerOf());

    expect(rig.peers.opened).toHaveLength(1);
    expect(rig.answers('garden/answer/dan')).toEqual(rig.answers('garden/sdp/dan'));
  });

  it('lists its viewers among all others, and lets go of them when they are sent away', async () => {
    const rig = new DeviceRig();
    await rig.offerNew('cat', offerOf());
    expect(rig.registry.list()).toMatchObject([{ camera: 'door', transport: 'webrtc' }]);
    expect(rig.device.viewers).toBe(1);

    rig.registry.endWhere(() => true, 'revoked');

    expect([rig.device.viewers, rig.over, rig.peers.at(0).closed]).toEqual([0, 1, 'revoked']);
  });

  it('waits for no picture where only channels are wanted', async () => {
    const rig = new DeviceRig();

    await rig.offerOld('ann', offerOf({ video: 'none' }));

    expect(rig.answers('garden/sdp/ann')).toHaveLength(1);
  });

  it('says goodbye to all and to the broker when it is closed', async () => {
    const rig = new DeviceRig({ presence: 'retained' });
    await rig.offerOld('ann', offerOf());

    rig.device.close();
    rig.device.close();

    expect(rig.peers.at(0).closed).toBe('shutdown');
    expect(rig.link.wishes).toEqual([]);
    expect(rig.link.on('garden/lwt').map(({ payload }) => payload)).toEqual(['online', 'offline']);
  });
});

describe('presence', () => {
  it('is said retained, and again after each reconnect, as the will has said otherwise', () => {
    const rig = new DeviceRig({ presence: 'retained' });

    rig.link.become({ kind: 'connected' });

    expect(rig.link.said).toEqual(
      [1, 2].map(() => ({ topic: 'garden/lwt', payload: 'online', qos: 1, retain: true })),
    );
  });

  it('is said once there is a connection to say it on', () => {
    const link = new ScriptedLink();
    link.state = { kind: 'connecting' };
    const rig = new DeviceRig({ presence: 'retained', link });
    expect(link.said).toEqual([]);

    link.become({ kind: 'connected' });

    expect([link.said.length, rig.device.counters.publishesDropped]).toEqual([1, 0]);
  });

  it('is not said unless it is wanted', () => {
    expect(new DeviceRig().link.said).toEqual([]);
  });
});

describe('a second offer of the same client', () => {
  it('gets a connection of its own in generations A and B, which replaces the old one once it is up', async () => {
    const rig = new DeviceRig();
    await rig.offerOld('ann', offerOf({ session: '1' }));
    rig.peers.at(0).request.handle({ kind: 'connected' });

    await rig.offerOld('ann', offerOf({ session: '2', ufrag: 'efgh', fingerprint: 'BB' }));
    expect([rig.peers.opened.length, rig.peers.at(0).closed]).toEqual([2, undefined]);
    rig.peers.at(1).request.handle({ kind: 'connected' });

    expect([rig.peers.at(0).closed, rig.peers.at(1).closed]).toEqual(['left', undefined]);
    expect(rig.device.counters.connectionsReplaced).toBe(1);
    expect(rig.registry.list()).toHaveLength(1);
  });

  it('that never connects leaves the old connection alone', async () => {
    const rig = new DeviceRig();
    await rig.offerOld('ann', offerOf());
    rig.peers.at(0).request.handle({ kind: 'connected' });
    await rig.offerOld('ann', offerOf({ session: '2' }));

    for (let second = 0; second < 60; second++) {
      rig.peers.at(0).request.handle({ kind: 'heard' });
      rig.pass(1);
    }

    expect([rig.peers.at(0).closed, rig.peers.at(1).closed]).toEqual([undefined, 'timeout']);
  });

  it('is answered on the same connection in generation C', async () => {
    const rig = new DeviceRig();
    await rig.offerNew('cat', offerOf({ version: 1 }));
    rig.peers.at(0).request.handle({ kind: 'connected' });

    await rig.offerNew('cat', offerOf({ version: 2, ufrag: 'restart' }));

    expect(rig.peers.opened).toHaveLength(1);
    expect(rig.answers('garden/answer/cat')).toEqual([answerOf(0, 0), answerOf(0, 1)]);
    expect(rig.device.counters.renegotiations).toBe(1);
  });

  it('is answered on the same connection while that one is lost: an ICE restart', async () => {
    const rig = new DeviceRig();
    await rig.offerNew('cat', offerOf());
    rig.peers.at(0).request.handle({ kind: 'connected' });
    rig.peers.at(0).request.handle({ kind: 'disconnected' });
    rig.pass(30);

    await rig.offerNew('cat', offerOf({ version: 2, ufrag: 'restart' }));
    rig.peers.at(0).request.handle({ kind: 'heard' });
    rig.pass(9);

    expect([rig.peers.opened.length, rig.peers.at(0).offers.length, rig.registry.list().length]).toEqual([
      1, 2, 1,
    ]);
  });

  it('of another connection of the browser is a new one in generation C as well', async () => {
    const rig = new DeviceRig();
    await rig.offerNew('cat', offerOf({ fingerprint: 'AA' }));
    rig.peers.at(0).request.handle({ kind: 'connected' });

    await rig.offerNew('cat', offerOf({ fingerprint: 'BB' }));
    rig.peers.at(1).request.handle({ kind: 'connected' });

    expect(rig.peers.at(0).closed).toBe('left');
  });

  it('that restarts ICE towards a device which knows nothing of it is answered by a new connection', async () => {
    const rig = new DeviceRig();

    await rig.offerNew('cat', offerOf({ version: 7, ufrag: 'restart' }));

    expect(rig.answers('garden/answer/cat')).toEqual([answerOf(0, 0)]);
  });

  it('is answered by a new connection where the old one was just closed', async () => {
    const rig = new DeviceRig();
    await rig.offerNew('cat', offerOf());
    rig.peers.stuck = new PinholeError('webrtc/closed', 'it is closed');

    await rig.offerNew('cat', offerOf({ version: 2 }));

    expect(rig.answers('garden/answer/cat')).toEqual([answerOf(0, 0), answerOf(1, 0)]);
  });

  it('waits for the first to be answered, and only the newest of those that wait is', async () => {
    const rig = new DeviceRig();
    let open = (): void => {};
    rig.peers.gate = new Promise((resolve) => {
      open = resolve;
    });
    for (const version of [1, 2, 3, 4])
      rig.link.hear('garden/offer/cat', { type: 'offer', sdp: offerOf({ version }) });
    open();
    await settled();

    expect(rig.peers.at(0).offers).toEqual([offerOf({ version: 1 }), offerOf({ version: 4 })]);
    expect(rig.device.counters.offersOvertaken).toBe(2);
  });
});
