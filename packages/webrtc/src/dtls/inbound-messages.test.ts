import { describe, expect, it } from 'vitest';
import { MESSAGE } from './code-points.ts';
import { type HandshakeMessage, serializeFragment, serializeMessage } from './handshake-message.ts';
import { InboundMessages } from './inbound-messages.ts';

const message = (sequence: number, length = 300, type: number = MESSAGE.certificate): HandshakeMessage => ({
  type,
  sequence,
  body: Uint8Array.from({ length }, (_, i) => (i * 7 + sequence) & 0xff),
});

const parts = (of: HandshakeMessage, ...cuts: readonly number[]): Uint8Array[] =>
  [0, ...cuts].map((at, i) => serializeFragment(of, { at, end: cuts[i] ?? of.body.byteLength }));

const plain = ({ type, sequence, body }: HandshakeMessage) => ({ type, sequence, body });

describe('messages of a handshake', () => {
  it('come whole, however they were cut, in whatever order the parts come', () => {
    const inbound = new InboundMessages();
    const [first, second, third] = parts(message(0), 100, 180);

    expect(inbound.add(third ?? new Uint8Array(0), 0).messages).toEqual([]);
    expect(inbound.add(first ?? new Uint8Array(0), 0).messages).toEqual([]);
    expect(inbound.add(first ?? new Uint8Array(0), 0).messages).toEqual([]);
    expect(inbound.add(second ?? new Uint8Array(0), 0).messages.map(plain)).toEqual([message(0)]);
  });

  it('come of parts that overlap, as those of other lengths that were sent again do', () => {
    const inbound = new InboundMessages();
    const whole = message(0);
    inbound.add(serializeFragment(whole, { at: 0, end: 200 }), 0);

    const { messages } = inbound.add(serializeFragment(whole, { at: 150, end: 300 }), 0);

    expect(messages.map(plain)).toEqual([whole]);
  });

  it('come in their order: what is ahead waits', () => {
    const inbound = new InboundMessages();

    expect(inbound.add(serializeMessage(message(2)), 0).messages).toEqual([]);
    expect(inbound.add(serializeMessage(message(1)), 0).messages).toEqual([]);
    const { messages } = inbound.add(serializeMessage(message(0)), 0);
    expect(messages.map(({ sequence }) => sequence)).toEqual([0, 1, 2]);
  });

  it('come several in a record, also one without content', () => {
    const record = Buffer.concat([serializeMessage(message(0)), serializeMessage(message(1, 0))]);

    expect(new InboundMessages().add(record, 0).messages.map(plain)).toEqual([message(0), message(1, 0)]);
  });

  it('come once: what comes again is a repeat', () => {
    const inbound = new InboundMessages();
    inbound.add(serializeMessage(message(0)), 0);

    expect(inbound.add(serializeMessage(message(0)), 0)).toEqual({ messages: [], repeats: 1 });
  });

  it('are Finished when protected, and something else when not', () => {
    const inbound = new InboundMessages();
    const finished = serializeMessage(message(0, 12, MESSAGE.finished));

    expect(inbound.add(finished, 0).messages).toEqual([]);
    expect(inbound.add(serializeMessage(message(0)), 1).messages).toEqual([]);
    expect(inbound.refused).toBe(2);
    expect(inbound.add(finished, 1).messages).toHaveLength(1);
  });

  it.each<[string, Uint8Array]>([
    ['too far ahead', serializeMessage(message(10))],
    ['longer than any', serializeFragment(message(0, 16_385), { at: 0, end: 10 })],
    ['of more than there is', serializeMessage(message(0)).subarray(0, 100)],
    ['behind the end of its message', Uint8Array.of(11, 0, 0, 4, 0, 0, 0, 0, 3, 0, 0, 2, 9, 9)],
  ])('are passed over and counted: a part %s', (_name, payload) => {
    const inbound = new InboundMessages();

    expect(inbound.add(payload, 0)).toEqual({ messages: [], repeats: 0 });
    expect(inbound.refused).toBe(1);
  });

  it('do not change their type or length: a part that contradicts the first is passed over', () => {
    const inbound = new InboundMessages();
    inbound.add(serializeFragment(message(0), { at: 0, end: 100 }), 0);
    inbound.add(serializeFragment(message(0, 301), { at: 100, end: 301 }), 0);
    inbound.add(serializeFragment(message(0, 300, MESSAGE.serverHello), { at: 100, end: 300 }), 0);

    expect(inbound.refused).toBe(2);
  });
});
