import { describe, expect, it } from 'vitest';
import { openFakeNet } from './fake-clients.ts';
import type { BrokerAdmission, BrokerRights } from './identity.ts';
import { deviceRights, viewerRights } from './topic-rights.ts';

const viewer = viewerRights({ mayView: (uid) => uid === 'garden' });
const OWN = 'page-1';

describe('the page of a viewer', () => {
  it.each([
    `garden/sdp/${OWN}/offer`,
    `garden/ice/${OWN}/offer`,
    `garden/offer/${OWN}`,
    `garden/answer/${OWN}`,
    `garden/ice/${OWN}`,
  ])('may publish to %s', (topic) => {
    expect(viewer.mayPublish(topic, OWN)).toBe(true);
  });

  it.each([
    `garden/sdp/${OWN}`, // would be the device's answer
    `garden/sdp/page-2/offer`,
    `garden/sdp/page-2`,
    `garden/offer/page-2`,
    `garden/offer/${OWN}/x`,
    `garden/x/offer/${OWN}`,
    `other/offer/${OWN}`,
    `/offer/${OWN}`,
    `offer/${OWN}`,
    'garden/lwt',
    'garden',
    `garden/sdp/${OWN}/offer/`,
  ])('may not publish to %s', (topic) => {
    expect(viewer.mayPublish(topic, OWN)).toBe(false);
  });

  it.each([`garden/sdp/${OWN}`, `garden/ice/${OWN}`, `garden/offer/${OWN}`, `garden/answer/${OWN}`])(
    'may hear %s',
    (filter) => {
      expect(viewer.maySubscribe(filter, OWN)).toBe(true);
    },
  );

  it.each([
    '#',
    'garden/#',
    'garden/sdp/+',
    'garden/sdp/+/offer',
    `garden/sdp/${OWN}/offer`,
    `+/sdp/${OWN}`,
    `garden/sdp/page-2`,
    `other/sdp/${OWN}`,
    `$share/x/garden/sdp/${OWN}`,
  ])('may not hear %s', (filter) => {
    expect(viewer.maySubscribe(filter, OWN)).toBe(false);
  });
});

it('a device has what is below its own uid, and nothing beside it', () => {
  const device = deviceRights('garden');

  expect(device.mayPublish('garden/sdp/page-2', 'any')).toBe(true);
  expect(device.maySubscribe('garden/sdp/+/offer', 'any')).toBe(true);
  expect(device.maySubscribe('garden/#', 'any')).toBe(true);
  for (const topic of ['gardens/sdp/a', 'garden', 'other/lwt', '+/lwt', '#'])
    expect([device.mayPublish(topic, 'any'), device.maySubscribe(topic, 'any')]).toEqual([false, false]);
});

describe('in the broker', () => {
  const door = (rights: BrokerRights) => (): BrokerAdmission => ({
    kind: 'let-in',
    identity: { who: { tokenId: 'a', address: '10.0.0.1' }, owner: 'a', rights },
  });

  it('what a viewer may not do does not happen, and is counted', () => {
    const net = openFakeNet();
    const [page, listener] = [net.client({ door: door(viewer) }), net.client()];
    listener.connect();
    listener.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: '#', qos: 0 }] });
    page.connect({ clientId: OWN });

    page.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [
        { topic: 'garden/sdp/+', qos: 0 },
        { topic: `garden/sdp/${OWN}`, qos: 2 },
      ],
    });
    const message = { cmd: 'publish', payload: Buffer.from('x'), dup: false, retain: false } as const;
    page.send({ ...message, topic: 'garden/offer/page-2', qos: 0 });
    page.send({ ...message, topic: 'garden/offer/page-2', qos: 1, messageId: 1 });
    page.send({ ...message, topic: 'garden/offer/page-2', qos: 2, messageId: 2 });
    page.send({ ...message, topic: `garden/offer/${OWN}`, qos: 1, messageId: 3 });
    page.send({ ...message, topic: `garden/offer/${OWN}`, qos: 1, messageId: 4, retain: true });

    expect(page.of('suback')).toMatchObject([{ granted: [0x87, 2] }]);
    expect(page.of('puback').map(({ reasonCode }) => reasonCode)).toEqual([0x87, 0, 0x87]);
    expect(page.of('pubrec')).toMatchObject([{ reasonCode: 0x87 }]);
    expect(listener.of('publish').map(({ topic }) => topic)).toEqual([`garden/offer/${OWN}`]);
    expect(page.of('connack')).toMatchObject([{ properties: { retainAvailable: false } }]);
    expect(net.broker.gauges.retainedMessages).toBe(0);
    expect(net.broker.counters).toMatchObject({ publishForbidden: 4, subscribeForbidden: 1 });
  });

  it('a will is a message like another', () => {
    const net = openFakeNet();
    const page = net.client({ door: door(viewer) });

    page.connect({
      clientId: OWN,
      will: { topic: 'garden/lwt', payload: Buffer.from('offline'), qos: 0, retain: false },
    });

    expect(page.of('connack')).toMatchObject([{ reasonCode: 0x87 }]);
    expect(net.broker.gauges.clients).toBe(0);
  });
});
