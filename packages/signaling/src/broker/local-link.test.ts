import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { openFakeNet } from './fake-clients.ts';

const text = (payload: Uint8Array): string => new TextDecoder().decode(payload);

describe('a link in the broker’s process', () => {
  it('says and hears as one over a network does', async () => {
    const net = openFakeNet();
    const [link, page] = [net.broker.openLink({ clientId: 'device' }), net.client()];
    const heard: string[] = [];
    const subscription = link.subscribe(
      [{ topic: 'garden/offer/+', noLocal: true }],
      (topic, payload, { retained }) => heard.push(`${topic} ${text(payload)} ${retained}`),
    );
    page.connect({ clientId: 'page' });
    page.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [{ topic: 'garden/answer/page', qos: 2, nl: true, rap: false, rh: 0 }],
    });

    page.send({
      cmd: 'publish',
      topic: 'garden/offer/page',
      payload: Buffer.from('offer'),
      qos: 0,
      dup: false,
      retain: false,
    });
    expect(heard).toEqual([]); // never within a call of somebody else
    link.publish('garden/offer/page', 'mine');
    link.publish('garden/answer/page', 'answer', { qos: 2, expirySeconds: 30 });
    await nextTurn();

    expect(await subscription.answered).toEqual([{ topic: 'garden/offer/+', granted: true, why: '' }]);
    expect(heard).toEqual(['garden/offer/page offer false']);
    expect(page.of('publish')).toMatchObject([
      { topic: 'garden/answer/page', qos: 2, properties: { messageExpiryInterval: 30 } },
    ]);
    expect(link.state).toEqual({ kind: 'connected' });
  });

  it('gets what is retained, and is gone without a trace', async () => {
    const net = openFakeNet();
    const [first, second] = [net.broker.openLink(), net.broker.openLink()];
    const heard: boolean[] = [];
    first.publish('garden/lwt', 'online', { retain: true });
    second.subscribe([{ topic: 'garden/lwt' }], (_topic, _payload, { retained }) => heard.push(retained));
    await nextTurn();

    await second.close();
    await second.close();
    first.publish('garden/lwt', 'offline', { retain: true });
    await nextTurn();

    expect(heard).toEqual([true]);
    expect(second.publish('a', 'b')).toBe(false);
    expect(second.counters).toMatchObject({ received: 1, droppedClosed: 1 });
    expect(net.broker.gauges).toMatchObject({ clients: 1, subscriptions: 0 });
  });

  it('keeps its client id against those who come over the network', () => {
    const net = openFakeNet();
    net.broker.openLink({ clientId: 'device' });
    const page = net.client();

    page.connect({ clientId: 'device' });

    expect(page.of('connack')).toMatchObject([{ reasonCode: 0x89 }]);
    expect(() => net.broker.openLink({ clientId: 'device' })).toThrow(
      expect.objectContaining({ code: 'mqtt/client-id-taken' }),
    );
  });

  it('closes with the broker', () => {
    const net = openFakeNet();
    const link = net.broker.openLink();
    const states: string[] = [];
    link.onState(({ kind }) => states.push(kind));

    net.broker.close();

    expect(states).toEqual(['closed']);
  });

  it('has its bound too', async () => {
    const net = openFakeNet();
    const link = net.broker.openLink();
    let heard = 0;
    link.subscribe([{ topic: 'a' }], () => heard++);

    for (let message = 0; message < 10_010; message++) link.publish('a', 'x');
    await nextTurn();

    expect(heard).toBe(10_000);
    expect(net.broker.counters.droppedLink).toBe(10);
  });
});
