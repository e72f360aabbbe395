import { describe, expect, it } from 'vitest';
import { openFakeNet, publish, subscribe } from './fake-clients.ts';

const text = (payload: string | Uint8Array): string => Buffer.from(payload as Uint8Array).toString();
describe('a client', () => {
  it('is told what the broker takes, and the id that it was given', () => {
    const client = openFakeNet().client();

    client.connect({ clientId: '', keepalive: 0, properties: { sessionExpiryInterval: 60 } });

    expect(client.of('connack')).toMatchObject([
      {
        reasonCode: 0,
        sessionPresent: false,
        properties: {
          assignedClientIdentifier: 'assigned-1',
          sessionExpiryInterval: 0,
          serverKeepAlive: 300,
          receiveMaximum: 64,
          maximumPacketSize: 131_072,
          sharedSubscriptionAvailable: false,
        },
      },
    ]);
    expect(client.identified).toBe(true);
  });

  it('of MQTT 3.1.1 is served too', () => {
    const net = openFakeNet();
    const [old, young] = [net.client({ version: 4 }), net.client()];
    old.connect({ clientId: 'old' });
    young.connect();
    old.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: 'a', qos: 2 }] });

    young.send(publish('a', { qos: 1, messageId: 1, properties: { contentType: 'text' } }));

    expect(old.of('connack')).toMatchObject([{ returnCode: 0 }]);
    expect(old.of('suback')).toMatchObject([{ granted: [2] }]);
    expect(old.of('publish')).toMatchObject([{ topic: 'a', qos: 1 }]);
  });

  it.each([
    [
      'another version',
      { clientId: 'a', protocolVersion: 3, protocolId: 'MQIsdp' } as const,
      { returnCode: 1 },
    ],
    ['an id that would be two levels', { clientId: 'a/b' }, { reasonCode: 0x85 }],
    ['an id that would be a wildcard', { clientId: '+' }, { reasonCode: 0x85 }],
    [
      'another way of authentication',
      { clientId: 'a', properties: { authenticationMethod: 'SCRAM' } },
      { reasonCode: 0x8c },
    ],
    [
      'a will for a topic that cannot be',
      { will: { topic: 'a/+', payload: Buffer.from('x') } },
      { reasonCode: 0x87 },
    ],
  ])('with %s is refused, and the connection ends', (_, packet, answer) => {
    const client = openFakeNet().client({ version: 'protocolVersion' in packet ? 4 : 5 });

    client.connect(packet);

    expect(client.got).toMatchObject([{ cmd: 'connack', ...answer }]);
    expect(client.ended).toBe(true);
  });

  it('that comes again with its id replaces itself; somebody else does not', () => {
    const net = openFakeNet();
    const [first, thief, again] = [net.client(), net.client(), net.client()];
    first.connect({ clientId: 'page', username: 'me' });

    thief.connect({ clientId: 'page', username: 'another' });
    expect(thief.of('connack')).toMatchObject([{ reasonCode: 0x89 }]);
    expect(first.ended).toBe(false);

    again.connect({ clientId: 'page', username: 'me' });
    expect(again.of('connack')).toMatchObject([{ reasonCode: 0 }]);
    expect(first.of('disconnect')).toMatchObject([{ reasonCode: 0x8e }]);
    expect(first.ended).toBe(true);
    expect(net.broker.counters).toMatchObject({ takenOver: 1, refusedClientId: 1 });
    expect(net.broker.gauges.clients).toBe(1);
  });

  it('has nothing before its CONNECT, and only one', () => {
    const net = openFakeNet();
    const [early, twice] = [net.client(), net.client()];

    early.send({ cmd: 'pingreq' });
    twice.connect();
    twice.connect();

    expect(early.ended).toBe(true);
    expect(early.got).toEqual([]);
    expect(twice.of('disconnect')).toMatchObject([{ reasonCode: 0x82 }]);
    expect(net.broker.counters.malformed).toBe(2);
  });

  it('that was let in by what does not hold any more goes', () => {
    const net = openFakeNet();
    const [gone, stays] = [net.client(), net.client()];
    gone.connect({ username: 'revoked' });
    stays.connect({ username: 'other' });

    expect(net.broker.endWhere(({ who }) => who.tokenId === 'revoked', 'revoked')).toBe(1);

    expect(gone.of('disconnect')).toMatchObject([{ reasonCode: 0x87 }]);
    expect([gone.ended, stays.ended]).toEqual([true, false]);
  });
});

describe('messages', () => {
  it('go to each who wants them once, by the best of its subscriptions', () => {
    const net = openFakeNet();
    const [hearer, speaker] = [net.client(), net.client()];
    hearer.connect();
    speaker.connect();
    hearer.send(subscribe('a/+', {}, { subscriptionIdentifier: 3 }));
    hearer.send(subscribe('a/b', { qos: 1 }, { subscriptionIdentifier: 4 }));

    speaker.send(publish('a/b', { qos: 2, messageId: 5 }));

    expect(hearer.of('publish')).toMatchObject([
      { topic: 'a/b', qos: 1, retain: false, properties: { subscriptionIdentifier: [4, 3] } },
    ]);
  });

  it('do not come back to who said them under No Local', () => {
    const net = openFakeNet();
    const [first, second] = [net.client(), net.client()];
    for (const client of [first, second]) {
      client.connect();
      client.send(subscribe('garden/offer/+', { nl: true }));
    }

    first.send(publish('garden/offer/a'));

    expect(first.of('publish')).toEqual([]);
    expect(second.of('publish')).toHaveLength(1);
  });

  it('of QoS 2 arrive once, however often they are said', () => {
    const net = openFakeNet();
    const [hearer, speaker] = [net.client(), net.client()];
    hearer.connect();
    speaker.connect();
    hearer.send(subscribe('a', { qos: 2 }));

    speaker.send(publish('a', { qos: 2, messageId: 7 }));
    speaker.send(publish('a', { qos: 2, messageId: 7, dup: true }));
    speaker.send({ cmd: 'pubrel', messageId: 7, reasonCode: 0 });
    const [message] = hearer.of('publish');
    hearer.send({ cmd: 'pubrec', messageId: message?.messageId ?? 0, reasonCode: 0 });
    hearer.send({ cmd: 'pubcomp', messageId: message?.messageId ?? 0, reasonCode: 0 });

    expect(hearer.of('publish')).toHaveLength(1);
    expect(hearer.of('pubrel')).toMatchObject([{ messageId: message?.messageId, reasonCode: 0 }]);
    expect(speaker.of('pubrec')).toHaveLength(2);
    expect(speaker.of('pubcomp')).toMatchObject([{ messageId: 7, reasonCode: 0 }]);
  });

  it('keep what was said beside them', () => {
    const net = openFakeNet();
    const [hearer, speaker] = [net.client(), net.client()];
    hearer.connect();
    speaker.connect();
    hearer.send(subscribe('a'));
    const properties = {
      contentType: 'application/sdp',
      responseTopic: 'b',
      correlationData: Buffer.from('c'),
      userProperties: { k: 'v' },
      messageExpiryInterval: 30,
    };

    speaker.send(publish('a', { properties }));

    expect(hearer.of('publish')).toMatchObject([{ properties }]);
  });

  it('that are retained come to whoever subscribes later, until an empty one', () => {
    const net = openFakeNet();
    const [early, late, silent, after] = [net.client(), net.client(), net.client(), net.client()];
    for (const client of [early, late, silent, after]) client.connect();
    early.send(subscribe('garden/lwt'));
    early.send(publish('garden/lwt', { retain: true }));

    late.send(subscribe('garden/#'));
    silent.send(subscribe('garden/#', { rh: 2 }));
    early.send(publish('garden/lwt', { retain: true, payload: Buffer.alloc(0) }));
    after.send(subscribe('garden/#'));

    expect(early.of('publish')).toMatchObject([{ retain: false }, { retain: false }]);
    expect(late.of('publish')).toMatchObject([{ retain: true }, { retain: false }]);
    expect(silent.of('publish')).toMatchObject([{ retain: false }]);
    expect(after.of('publish')).toEqual([]);
    expect(net.broker.gauges).toMatchObject({ retainedMessages: 0, retainedBytes: 0 });
  });

  it('nobody wants any more are not kept', () => {
    const net = openFakeNet();
    const [speaker, late] = [net.client(), net.client()];
    speaker.connect();
    late.connect();
    speaker.send(publish('a', { retain: true, properties: { messageExpiryInterval: 2 } }));

    net.pass(2100);
    late.send(subscribe('a'));

    expect(late.of('publish')).toEqual([]);
    expect(net.broker.gauges.retainedMessages).toBe(0);
  });

  it('of the dead are said when they vanish, and not when they say goodbye', () => {
    const net = openFakeNet();
    const hearer = net.client();
    hearer.connect();
    hearer.send(subscribe('#'));
    const [vanished, polite, asked, silent] = ['a', 'b', 'c', 'd'].map((name) => {
      const client = net.client();
      client.connect({ will: { topic: `lwt/${name}`, payload: Buffer.from('gone'), qos: 0, retain: false } });
      return client;
    });

    vanished?.vanish();
    polite?.send({ cmd: 'disconnect', reasonCode: 0 });
    polite?.vanish();
    asked?.send({ cmd: 'disconnect', reasonCode: 4 });
    for (let second = 0; second < 31; second++) {
      hearer.send({ cmd: 'pingreq' });
      net.pass(1000);
    }

    expect(silent?.ended).toBe(true);
    expect(hearer.of('publish').map(({ topic, payload }) => `${topic} ${text(payload)}`)).toEqual([
      'lwt/a gone',
      'lwt/c gone',
      'lwt/d gone',
    ]);
    expect(net.broker.counters).toMatchObject({ wills: 3, keepAliveExpired: 1, disconnected: 1, lost: 1 });
  });

  it('end with an unsubscription, and leave nothing behind', () => {
    const net = openFakeNet();
    const client = net.client();
    client.connect();
    client.send(subscribe('a/b/c'));

    client.send({ cmd: 'unsubscribe', messageId: 2, unsubscriptions: ['a/b/c', 'x'] });
    client.send(publish('a/b/c'));

    expect(client.of('unsuback')).toMatchObject([{ granted: [0, 0x11] }]);
    expect(client.of('publish')).toEqual([]);
    expect(net.broker.gauges.subscriptions).toBe(0);
  });
});

describe('shutting down', () => {
  it('says goodbye to everybody and lets nobody in', () => {
    const net = openFakeNet();
    const client = net.client();
    client.connect();

    net.broker.close();

    expect(client.of('disconnect')).toMatchObject([{ reasonCode: 0x8b }]);
    expect(client.ended).toBe(true);
    expect(() => net.client()).toThrow(expect.objectContaining({ code: 'mqtt/too-many-clients' }));
    expect(net.broker.gauges).toMatchObject({ clients: 0, subscriptions: 0 });
  });
});
