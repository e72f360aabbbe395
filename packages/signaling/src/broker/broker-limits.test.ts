import { describe, expect, it } from 'vitest';
import { type FakeClient, openFakeNet, publish, subscribe } from './fake-clients.ts';

describe('a broker bounds', () => {
  it('its clients, and those of one address', () => {
    const net = openFakeNet({ clients: 3, clientsPerAddress: 2 });
    const first = net.client({ address: '10.0.0.1' });
    net.client({ address: '10.0.0.1' });

    expect(() => net.client({ address: '10.0.0.1' })).toThrow(/as many MQTT clients/);
    net.client({ address: '10.0.0.2' });
    expect(() => net.client({ address: '10.0.0.3' })).toThrow(/as many MQTT clients/);
    first.vanish();
    expect(() => net.client({ address: '10.0.0.1' })).not.toThrow();
    expect(net.broker.counters.refusedFull).toBe(2);
  });

  it('the time until a client says who it is', () => {
    const net = openFakeNet({ connectMs: 5000 });
    const [silent, known] = [net.client(), net.client()];
    known.connect({ keepalive: 60 });

    net.pass(4900);
    expect(silent.ended).toBe(false);
    net.pass(200);

    expect([silent.ended, known.ended]).toEqual([true, false]);
    expect(net.broker.counters.connectTimeouts).toBe(1);
  });

  it('silence, by one and a half keep-alives', () => {
    const net = openFakeNet();
    const client = net.client();
    client.connect({ keepalive: 10 });

    net.pass(14_900);
    client.send({ cmd: 'pingreq' });
    net.pass(14_900);
    expect(client.ended).toBe(false);
    net.pass(200);

    expect(client.of('disconnect')).toMatchObject([{ reasonCode: 0x8d }]);
  });

  it('packets: a description of 64 KiB passes, what is larger ends the connection', () => {
    const net = openFakeNet();
    const client = net.client();
    client.connect();
    client.send(subscribe(['a']));

    client.send(publish('a', { payload: Buffer.alloc(65_536) }));
    expect(client.of('publish')).toHaveLength(1);
    client.send(publish('a', { payload: Buffer.alloc(131_072) }));

    expect(client.of('disconnect')).toMatchObject([{ reasonCode: 0x95 }]);
    expect(net.broker.counters.oversized).toBe(1);
  });

  it('how much a client sends', () => {
    const net = openFakeNet({ packetsPerSecond: 10 });
    const client = net.client();
    client.connect();

    for (let packet = 1; packet < 40; packet++) client.send({ cmd: 'pingreq' });
    expect(client.ended).toBe(false);
    net.pass(100);
    client.send({ cmd: 'pingreq' });
    expect(client.ended).toBe(false);
    client.send({ cmd: 'pingreq' });

    expect(client.of('disconnect')).toMatchObject([{ reasonCode: 0x96 }]);
    expect(net.broker.counters.rateLimited).toBe(1);
  });

  it('subscriptions and topics', () => {
    const net = openFakeNet({ subscriptionsPerClient: 2, topicLevels: 4 });
    const client = net.client();
    client.connect();

    client.send(subscribe(['a', 'b', 'b', 'c', 'a/b/c/d/e', 'x#', '$share/g/a']));
    client.send(publish('a/b/c/d/e'));

    expect(client.of('suback')).toMatchObject([{ granted: [0, 0, 0, 0x97, 0x8f, 0x8f, 0x9e] }]);
    expect(client.of('disconnect')).toMatchObject([{ reasonCode: 0x90 }]);
    expect(net.broker.counters.subscribeRefused).toBe(4);
  });

  it('what is said to brokers', () => {
    const client = openFakeNet().client();
    client.connect();

    client.send(publish('$SYS/uptime'));

    expect(client.of('disconnect')).toMatchObject([{ reasonCode: 0x90 }]);
  });

  it('what waits for one who does not read: QoS 0 is dropped, and others get theirs', () => {
    const net = openFakeNet({ queuedBytesPerClient: 10_000 });
    const [slow, fast, speaker] = connected(net.client(), net.client(), net.client());
    for (const client of [slow, fast]) client.send(subscribe(['a']));
    slow.stuckBytes = 9500;

    for (let message = 0; message < 5; message++) speaker.send(publish('a'));

    expect(slow.of('publish')).toEqual([]);
    expect(slow.ended).toBe(false);
    expect(fast.of('publish')).toHaveLength(5);
    expect(net.broker.counters.droppedSlow).toBe(5);
  });

  it('what waits for one who does not answer: QoS 1 and 2 end its connection', () => {
    const net = openFakeNet({ queuedBytesPerClient: 10_000 });
    const [slow, speaker] = connected(net.client(), net.client());
    slow.send(subscribe('a', { qos: 2 }));

    for (let message = 0; message < 64; message++) {
      speaker.send(publish('a', { qos: 1, messageId: message + 1 }));
    }
    expect(slow.of('publish')).toHaveLength(64);
    expect(net.broker.gauges.queuedBytes).toBe(0);
    for (let message = 64; message < 73; message++) {
      speaker.send(publish('a', { qos: 1, messageId: message + 1 }));
    }
    expect(slow.of('publish')).toHaveLength(64);
    expect(net.broker.gauges.queuedBytes).toBeGreaterThan(9000);
    slow.send({ cmd: 'puback', messageId: 1, reasonCode: 0 });
    expect(slow.of('publish')).toHaveLength(65);
    for (let message = 73; message < 76; message++) {
      speaker.send(publish('a', { qos: 1, messageId: message + 1 }));
    }

    expect(slow.of('disconnect')).toMatchObject([{ reasonCode: 0x97 }]);
    expect(net.broker.counters.slowEnded).toBe(1);
    expect(net.broker.gauges.queuedBytes).toBe(0);
  });

  it('what a client takes at once, and in one packet', () => {
    const net = openFakeNet();
    const [narrow, speaker] = [net.client(), net.client()];
    narrow.connect({ properties: { receiveMaximum: 2, maximumPacketSize: 1500 } });
    speaker.connect();
    narrow.send(subscribe('a', { qos: 1 }));

    speaker.send(publish('a', { payload: Buffer.alloc(2000) }));
    for (let messageId = 1; messageId < 5; messageId++) speaker.send(publish('a', { qos: 1, messageId }));

    expect(narrow.of('publish')).toHaveLength(2);
    expect(net.broker.counters.droppedTooLarge).toBe(1);
  });

  it('what is on its way in with QoS 2', () => {
    const client = openFakeNet().client();
    client.connect();

    for (let messageId = 1; messageId < 65; messageId++) client.send(publish('a', { qos: 2, messageId }));
    expect(client.ended).toBe(false);
    client.send(publish('a', { qos: 2, messageId: 65 }));

    expect(client.of('disconnect')).toMatchObject([{ reasonCode: 0x93 }]);
  });

  it('what is retained, by number and by bytes', () => {
    const net = openFakeNet({ retainedMessages: 2, retainedBytes: 2500 });
    const client = net.client();
    client.connect();

    const answers = ['a', 'b', 'b', 'c', 'a'].map((topic, index) => {
      client.send(publish(topic, { retain: true, qos: 1, messageId: index + 1 }));
      return client.of('puback').at(-1)?.reasonCode;
    });
    client.send(publish('a', { retain: true, payload: Buffer.alloc(1500), qos: 1, messageId: 9 }));

    expect(answers).toEqual([0, 0, 0, 0x97, 0]);
    expect(client.of('puback').at(-1)?.reasonCode).toBe(0x97);
    expect(net.broker.gauges.retainedMessages).toBe(1);
    expect(net.broker.counters.retainedRefused).toBe(2);
  });
});

function connected<Clients extends readonly FakeClient[]>(...clients: Clients): Clients {
  for (const client of clients) client.connect();
  return clients;
}
