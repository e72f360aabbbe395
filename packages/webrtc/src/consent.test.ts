import { createSecretKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { classes, Message, methods, parseMessage } from 'werift';
import { Consent, type ConsentOptions } from './consent.ts';
import { serializeCheck } from './stun-message.ts';

const LOCAL = { ufrag: 'ours', password: 'our password' };
const REMOTE = { ufrag: 'theirs', password: 'the password of the peer' };
const PEER = ['192.0.2.9', 4000] as const;
const TRANSACTION = Buffer.from('0102030405060708090a0b0c', 'hex');

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(options: Partial<ConsentOptions> = {}) {
  const sent: Buffer[] = [];
  const expired = vi.fn<() => void>();
  const consent = new Consent({
    local: LOCAL,
    remote: REMOTE,
    role: 'controlled',
    tieBreaker: 7n,
    isLite: false,
    send: (datagram) => sent.push(Buffer.from(datagram)),
    expired,
    ...options,
  });
  consent.begin();
  /** The peer answers our latest check. */
  const answer = (password = REMOTE.password) => {
    const transaction = sent.at(-1)?.subarray(8, 20) ?? TRANSACTION;
    const response = new Message(methods.BINDING, classes.RESPONSE, Buffer.from(transaction));
    response.setAttribute('XOR-MAPPED-ADDRESS', ['192.0.2.1', 5000]);
    return consent.receive(response.addMessageIntegrity(Buffer.from(password)).addFingerprint().bytes, PEER);
  };
  return { consent, sent, expired, answer };
}

const checkOf = (options: Partial<Parameters<typeof serializeCheck>[0]> = {}): Uint8Array =>
  serializeCheck({
    transaction: TRANSACTION,
    username: 'ours:theirs',
    role: 'controlling',
    tieBreaker: 9n,
    nominates: false,
    key: createSecretKey(Buffer.from(LOCAL.password)),
    ...options,
  });

describe('Consent', () => {
  it('answers a check of the peer’s, with the address that it came from', () => {
    const { consent, sent } = open();

    expect(consent.receive(checkOf(), PEER)).toBe('check');
    expect(consent.receive(checkOf({ nominates: true }), PEER)).toBe('nomination');

    const [response] = sent.map((datagram) => parseMessage(datagram, Buffer.from(LOCAL.password)));
    expect(response?.messageClass).toBe(classes.RESPONSE);
    expect(response?.transactionId.equals(TRANSACTION)).toBe(true);
    expect(response?.getAttributeValue('XOR-MAPPED-ADDRESS')).toEqual([...PEER]);
    expect(sent).toHaveLength(2);
  });

  it.each([
    ['signed by another', checkOf({ key: createSecretKey(Buffer.from('another')) })],
    ['of the same role', checkOf({ role: 'controlled' })],
    ['without a sense', Uint8Array.of(0, 1, 0, 0)],
    ['that is empty', new Uint8Array(0)],
  ])('leaves one %s to the agent', (_name, datagram) => {
    const { consent, sent } = open();

    expect(consent.receive(datagram, PEER)).toBeUndefined();
    expect(sent).toEqual([]);
  });

  it('asks every five seconds whether the peer still wants what is sent, and is content with an answer', () => {
    const { sent, expired, answer } = open();

    for (let check = 1; check <= 100; check++) {
      vi.advanceTimersToNextTimer();
      expect(sent).toHaveLength(check);
      expect(answer()).toBe('signed-answer');
    }

    const check = parseMessage(sent[0] ?? Buffer.alloc(0), Buffer.from(REMOTE.password));
    expect(check?.getAttributeValue('USERNAME')).toBe('theirs:ours');
    expect(check?.getAttributeValue('ICE-CONTROLLED')).toBe(7n);
    expect(performance.now()).toBeGreaterThan(400_000);
    expect(performance.now()).toBeLessThan(600_000);
    expect(expired).not.toHaveBeenCalled();
  });

  it('ends once no check was answered for half a minute', () => {
    const { sent, expired } = open();

    vi.advanceTimersByTime(29_999);
    expect(expired).not.toHaveBeenCalled();
    expect(sent.length).toBeGreaterThanOrEqual(5);
    vi.advanceTimersByTime(1);
    expect(expired).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(60_000);
    expect(expired).toHaveBeenCalledOnce();
  });

  it('takes an answer once, and one to an older check too', () => {
    const { sent, answer } = open();
    vi.advanceTimersByTime(12_500);
    const [first] = sent;
    sent.push(first ?? Buffer.alloc(0));

    expect(answer()).toBe('signed-answer');
    expect(answer()).toBeUndefined();
  });

  it('tells an answer that is signed with a password told to nobody, which only who heard our check can send', () => {
    const { answer, expired } = open();
    for (let check = 1; check <= 20; check++) {
      vi.advanceTimersToNextTimer();
      expect(answer('its own')).toBe('answer');
    }
    expect(expired).not.toHaveBeenCalled();
  });

  it('tells a peer that makes no checks each time that this is the path', () => {
    const { sent } = open({ role: 'controlling', isLite: true });
    vi.advanceTimersToNextTimer();

    const check = parseMessage(sent[0] ?? Buffer.alloc(0), Buffer.from(REMOTE.password));
    expect(check?.attributesKeys).toContain('USE-CANDIDATE');
  });

  it('sends nothing once it ended', () => {
    const { consent, sent, expired } = open();
    consent.end();

    vi.advanceTimersByTime(60_000);

    expect(sent).toEqual([]);
    expect(expired).not.toHaveBeenCalled();
  });
});
