import { describe, expect, it } from 'vitest';
import type { MqttGrant } from './mqtt-link.ts';
import { SubscriptionTable } from './subscription-table.ts';

const NOTHING = { ended: () => {} };
const DETAILS = { qos: 0, retained: false } as const;
const PAYLOAD = Uint8Array.of(1);

describe('the subscriptions of a link', () => {
  it('give a message to each that wished for it', () => {
    const table = new SubscriptionTable();
    const heard: string[] = [];
    table.add([{ topic: 'a/+' }, { topic: 'a/b' }], (topic) => heard.push(`one ${topic}`), NOTHING);
    table.add([{ topic: 'a/b' }], (topic) => heard.push(`two ${topic}`), NOTHING);

    table.deliver('a/b', PAYLOAD, DETAILS);
    table.deliver('a/c', PAYLOAD, DETAILS);
    table.deliver('b', PAYLOAD, DETAILS);

    expect(heard).toEqual(['one a/b', 'two a/b', 'one a/c']);
  });

  it('tell what was refused, and hold the rest', async () => {
    const table = new SubscriptionTable();
    const refused: MqttGrant[] = [];
    const added = table.add([{ topic: 'a' }, { topic: 'b' }], () => {}, {
      ...NOTHING,
      refused: (grant) => refused.push(grant),
    });

    added.answer([undefined, 'no']);
    added.answer(['no', undefined]);

    expect(await added.subscription.answered).toEqual([
      { topic: 'a', granted: true, why: '' },
      { topic: 'b', granted: false, why: 'no' },
    ]);
    expect(refused.map(({ topic }) => topic)).toEqual(['b', 'a']);
  });

  it('end at the broker only when nobody else on the link wants that topic', () => {
    const table = new SubscriptionTable();
    const ended: string[] = [];
    const options = { ended: (topics: readonly string[]) => ended.push(...topics) };
    const first = table.add([{ topic: 'a' }, { topic: 'b' }], () => {}, options).subscription;
    const second = table.add([{ topic: 'b' }], () => {}, options).subscription;

    first.close();
    first.close();
    expect(ended).toEqual(['a']);
    second.close();
    expect(ended).toEqual(['a', 'b']);
    expect(table.wishes).toEqual([]);
  });

  it('closed before the broker’s answer, have nothing granted', async () => {
    const table = new SubscriptionTable();
    const closed = table.add([{ topic: 'a' }], () => {}, NOTHING).subscription;
    const left = table.add([{ topic: 'b' }], () => {}, NOTHING).subscription;

    closed.close();
    table.clear();

    expect(await closed.answered).toMatchObject([{ granted: false }]);
    expect(await left.answered).toMatchObject([{ granted: false }]);
  });

  it('go on when a handler throws', () => {
    const thrown: unknown[] = [];
    const heard: string[] = [];
    const table = new SubscriptionTable({ onHandlerError: (error) => thrown.push(error) });
    const fault = new Error('ours');
    table.add(
      [{ topic: 'a' }],
      () => {
        throw fault;
      },
      NOTHING,
    );
    table.add([{ topic: 'a' }], (topic) => heard.push(topic), NOTHING);

    table.deliver('a', PAYLOAD, DETAILS);

    expect(thrown).toEqual([fault]);
    expect(heard).toEqual(['a']);
  });
});
