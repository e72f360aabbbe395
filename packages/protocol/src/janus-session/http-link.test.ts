import { describe, expect, it } from 'vitest';
import { FakeJanusClock } from './fake-janus.ts';
import { type JanusHttpRequest, janusHttpLink } from './http-link.ts';
import type { JanusFault } from './janus-fault.ts';

interface Sent extends JanusHttpRequest {
  reply(status: number, body?: string): Promise<void>;
  fail(): Promise<void>;
  cancelled: boolean;
}

function rig(credentials = {}) {
  const clock = new FakeJanusClock();
  const sent: Sent[] = [];
  const received: string[] = [];
  const faults: JanusFault[] = [];
  let opened = 0;
  const settled = async (): Promise<void> => {
    for (let turn = 0; turn < 5; turn++) await Promise.resolve();
  };
  const link = janusHttpLink({
    url: 'http://janus:8088/janus',
    credentials,
    clock,
    explain: () => ({ code: 'janus/unreachable', reason: 'no answer', again: 'later' }),
    http: (request) => {
      let settle: (answer: { status: number; body: string }) => void = () => {};
      let refuse: (thrown: unknown) => void = () => {};
      const answer = new Promise<{ status: number; body: string }>((resolve, reject) => {
        settle = resolve;
        refuse = reject;
      });
      const entry: Sent = {
        ...request,
        cancelled: false,
        reply: (status, body = '') => {
          settle({ status, body });
          return settled();
        },
        fail: () => {
          refuse(new Error('gone'));
          return settled();
        },
      };
      sent.push(entry);
      const cancel = (): void => {
        entry.cancelled = true;
        refuse(new Error('cancelled'));
      };
      return { answer, cancel };
    },
  })({
    opened: () => opened++,
    received: (text) => received.push(text),
    lost: (fault) => faults.push(fault),
  });
  const at = (index: number): Sent => {
    const entry = sent.at(index);
    if (!entry) throw new Error(`no request ${index} of ${sent.length}`);
    return entry;
  };
  return { clock, sent, received, faults, link, at, opened: () => opened };
}

describe('a link over HTTP', () => {
  it('posts one request after the other, each to the path of its session and handle', async () => {
    const { clock, sent, received, link, at, opened } = rig();
    clock.advance(1);
    expect(opened()).toBe(1);

    link.send({ janus: 'create', transaction: 'a' });
    link.send({ janus: 'attach', plugin: 'p', sessionId: 7, transaction: 'b' });
    link.send({
      janus: 'trickle',
      candidate: { completed: true },
      sessionId: 7,
      handleId: 9,
      transaction: 'c',
    });
    const posts = () => sent.filter(({ method }) => method === 'POST').map(({ url }) => url);
    expect(posts()).toEqual(['http://janus:8088/janus']);
    await at(0).reply(200, '{"a"}');
    await at(-1).reply(200, '{"b"}');

    expect(posts()).toEqual([
      'http://janus:8088/janus',
      'http://janus:8088/janus/7',
      'http://janus:8088/janus/7/9',
    ]);
    expect(received).toEqual(['{"a"}', '{"b"}']);
  });

  it('polls from the first request of a session on, with secret and token', async () => {
    const { sent, received, link } = rig({ apisecret: 'a&b', token: 't' });
    link.send({ janus: 'attach', plugin: 'p', sessionId: 7, transaction: 'b' });
    const polls = () => sent.filter(({ method }) => method === 'GET');
    expect(polls().map(({ url }) => url)).toEqual([
      'http://janus:8088/janus/7?rid=1&maxev=10&apisecret=a%26b&token=t',
    ]);

    await polls()[0]?.reply(200, '[{"janus":"keepalive"}]');

    expect(received).toEqual(['[{"janus":"keepalive"}]']);
    expect(polls()).toHaveLength(2);
  });

  it('survives three polls in a row that fail, not four', async () => {
    const { clock, sent, faults, link, at } = rig();
    link.send({ janus: 'attach', plugin: 'p', sessionId: 7, transaction: 'b' });
    await at(0).reply(200, '{}');
    const failPoll = async (): Promise<void> => {
      await sent.findLast(({ method }) => method === 'GET')?.fail();
      clock.advance(2_000);
    };

    for (let times = 0; times < 3; times++) await failPoll();
    expect(faults).toEqual([]);
    await failPoll();

    expect(faults.map(({ code }) => code)).toEqual(['janus/unreachable']);
  });

  it.each([
    [401, 'janus/credentials'],
    [403, 'janus/credentials'],
    [404, 'janus/session-gone'],
    [502, 'janus/unreachable'],
  ])('ends with what status %i means', async (status, code) => {
    const { clock, faults, link, at } = rig();
    link.send({ janus: 'create', transaction: 'a' });
    await at(0).reply(status);

    expect(faults.map((fault) => fault.code)).toEqual([code]);
    clock.advance(60_000);
    expect(clock.pending).toBe(0);
  });

  it('takes no answer that is longer than anything of Janus', async () => {
    const { faults, received, link, at } = rig();
    link.send({ janus: 'create', transaction: 'a' });
    await at(0).reply(200, ' '.repeat(262_145));

    expect(faults.map(({ code }) => code)).toEqual(['janus/no-janus']);
    expect(received).toEqual([]);
  });

  it('lets the last request overtake, cancels the rest, and says nothing any more', async () => {
    const { sent, received, faults, link, at } = rig();
    link.send({ janus: 'attach', plugin: 'p', sessionId: 7, transaction: 'b' });
    link.send({ janus: 'destroy', sessionId: 7, transaction: 'z' });
    link.close();
    const [attach, poll, destroy] = sent;

    expect(destroy).toMatchObject({
      method: 'POST',
      url: 'http://janus:8088/janus/7',
      parting: true,
      cancelled: false,
    });
    expect([attach?.cancelled, poll?.cancelled]).toEqual([true, true]);
    await at(0).reply(200, '{}');
    expect([received, faults]).toEqual([[], []]);
  });
});
