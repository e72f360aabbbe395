import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ClockOffset } from '../clock/clock-offset.ts';
import { localNow } from '../clock/local-clock.ts';
import { Conversation, type ServerMessage } from './conversation.ts';

let sent: { type: string; clientTimeMs?: number }[];
let heard: ServerMessage[];
let clock: ClockOffset;
let conversation: Conversation;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  sent = [];
  heard = [];
  clock = new ClockOffset();
  conversation = new Conversation({
    send: (text) => sent.push(JSON.parse(text)),
    handle: (message) => heard.push(message),
    clock,
  });
});

afterEach(() => {
  vi.useRealTimers();
});

describe('Conversation', () => {
  it('pings five times within half a second, then every two', () => {
    conversation.open();
    vi.advanceTimersByTime(500);
    expect(sent).toHaveLength(5);

    vi.advanceTimersByTime(8_000);

    expect(sent).toHaveLength(9);
  });

  it('learns the server’s clock from a pong', () => {
    conversation.open();
    const clientTimeMs = sent[0]?.clientTimeMs ?? 0;
    vi.advanceTimersByTime(10);

    conversation.receive(
      JSON.stringify({ type: 'pong', clientTimeMs, serverTimeUs: (clientTimeMs + 5) * 1000 + 7_000_000 }),
    );

    expect(clock.estimate?.offset).toBeCloseTo(7_000_000, -1);
    expect(clock.serverTime(localNow())).toBeCloseTo(localNow() * 1000 + 7_000_000, -1);
    expect(heard).toEqual([]);
  });

  it('hands on what the server says and counts what cannot be read', () => {
    conversation.receive('{"type":"status","source":{"kind":"live"},"lastSequence":4}');
    conversation.receive('{"type":"from-the-future"}');
    conversation.receive('no JSON');

    expect(heard).toEqual([
      { type: 'status', source: { kind: 'live' }, lastSequence: 4 },
      { type: 'other', text: '{"type":"from-the-future"}' },
    ]);
    expect(conversation.malformed).toBe(1);
  });

  it('says goodbye once, and nothing after that', () => {
    conversation.open();
    conversation.close();
    conversation.close();
    vi.advanceTimersByTime(10_000);
    conversation.receive('{"type":"status","source":{"kind":"live"}}');

    expect(sent.map(({ type }) => type)).toEqual(['ping', 'bye']);
    expect(heard).toEqual([]);
  });

  it('loses what is said on a connection that is gone', () => {
    const gone = new Conversation({
      send: () => {
        throw new DOMException('gone', 'InvalidStateError');
      },
      handle: () => {},
      clock,
    });

    expect(() => gone.say({ type: 'key-frame' })).not.toThrow();
  });
});
