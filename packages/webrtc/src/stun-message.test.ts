import { createSecretKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { classes, Message, methods, parseMessage } from 'werift';
import { hex } from '../../../test/support/hex.ts';
import { readBinding, serializeCheck, serializeCheckResponse } from './stun-message.ts';

/** The request of RFC 5769 §2.1, which RFC 8489 keeps for its test vectors. */
const REQUEST = hex(`
  00 01 00 58 21 12 a4 42                          # Binding request, 88 bytes, magic cookie
  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae              # transaction
  80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74 # SOFTWARE "STUN test client"
  00 24 00 04 6e 00 01 ff                          # PRIORITY
  80 29 00 08 93 2f f9 b1 51 26 3b 36              # ICE-CONTROLLED
  00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20  # USERNAME "evtj:h6vY", padded with spaces
  00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2 # MESSAGE-INTEGRITY
  80 28 00 04 e5 7a 3b cf                          # FINGERPRINT
`);
/** Its response, §2.2. */
const RESPONSE = hex(`
  01 01 00 3c 21 12 a4 42                          # Binding success, 60 bytes, magic cookie
  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae              # transaction
  80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20  # SOFTWARE "test vector"
  00 20 00 08 00 01 a1 47 e1 12 a6 43              # XOR-MAPPED-ADDRESS 192.0.2.1 32853
  00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7 # MESSAGE-INTEGRITY
  80 28 00 04 c0 7d 4c 96                          # FINGERPRINT
`);
const PASSWORD = 'VOkJxbRl1RmTxUk/WvJxBt';
const KEY = createSecretKey(Buffer.from(PASSWORD));
const OTHER_KEY = createSecretKey(Buffer.from('another'));

describe('a connectivity check', () => {
  it('is read as its sender wrote and signed it', () => {
    expect(readBinding(REQUEST, KEY)).toEqual({
      kind: 'request',
      role: 'controlled',
      nominates: false,
      isSigned: true,
    });
    expect(readBinding(RESPONSE, KEY)).toMatchObject({ kind: 'success', isSigned: true });
    expect(readBinding(REQUEST, OTHER_KEY)).toMatchObject({ isSigned: false });
  });

  it('is read in the middle of other memory, and left as it was', () => {
    const memory = Buffer.concat([Buffer.alloc(7, 0xee), REQUEST, Buffer.alloc(7, 0xee)]);
    const before = Buffer.from(memory);

    expect(readBinding(memory.subarray(7, -7), KEY)?.isSigned).toBe(true);

    expect(memory.equals(before)).toBe(true);
  });

  it('with any bit changed is not signed, or none', () => {
    for (let at = 0; at < REQUEST.byteLength * 8; at++) {
      const changed = REQUEST.slice();
      changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
      expect(readBinding(changed, KEY)?.isSigned ?? false, `bit ${at}`).toBe(false);
    }
  });

  it('is none where it is cut off', () => {
    for (let length = 0; length < REQUEST.byteLength; length++)
      expect(readBinding(REQUEST.subarray(0, length), KEY)).toBeUndefined();
  });

  it.each([
    [
      'something is behind its signature',
      (message: Message) => message.appendRawAttribute(0x8055, Buffer.alloc(4)),
    ],
    ['it is not signed', () => new Message(methods.BINDING, classes.REQUEST)],
    [
      'it is an indication',
      () => new Message(methods.BINDING, classes.INDICATION).addMessageIntegrity(Buffer.from(PASSWORD)),
    ],
    [
      'it has what would have to be understood',
      () =>
        new Message(methods.BINDING, classes.REQUEST)
          .appendRawAttribute(0x7f01, Buffer.alloc(4))
          .addMessageIntegrity(Buffer.from(PASSWORD)),
    ],
  ])('is none where %s', (_why, make) => {
    const signed = new Message(methods.BINDING, classes.REQUEST).addMessageIntegrity(Buffer.from(PASSWORD));
    expect(readBinding(signed.bytes, KEY)?.isSigned).toBe(true);
    const { bytes } = make(signed);
    // werift writes what it does not know behind all else.
    expect(readBinding(bytes, KEY)?.isSigned ?? false).toBe(false);
  });

  it.each([
    ['controlling', true],
    ['controlled', false],
  ] as const)('of one %s is understood by werift', (role, nominates) => {
    const check = serializeCheck({
      transaction: REQUEST.subarray(8, 20),
      username: 'them:us',
      role,
      tieBreaker: 0x0123_4567_89ab_cdefn,
      nominates,
      key: KEY,
    });

    const message = parseMessage(Buffer.from(check), Buffer.from(PASSWORD));
    expect(message?.transactionIdHex).toBe('b7e7a701bc34d686fa87dfae');
    expect(message?.getAttributeValue('USERNAME')).toBe('them:us');
    const attribute = role === 'controlling' ? 'ICE-CONTROLLING' : 'ICE-CONTROLLED';
    expect(message?.getAttributeValue(attribute)).toBe(0x0123_4567_89ab_cdefn);
    expect(message?.attributesKeys.includes('USE-CANDIDATE')).toBe(nominates);
    expect(message?.attributesKeys.at(-1)).toBe('FINGERPRINT');
    expect(readBinding(check, KEY)).toEqual({ kind: 'request', role, nominates, isSigned: true });
  });
});

describe('the response to one', () => {
  it.each(['192.0.2.1', '2001:db8:1234:5678:11:2233:4455:6677', '2001:db8::7', '::1', 'fe80::', '::'])(
    'tells werift that it came from %s',
    (host) => {
      const response = serializeCheckResponse(REQUEST, [host, 32_853], KEY);

      const message = parseMessage(Buffer.from(response ?? []), Buffer.from(PASSWORD));
      expect(message?.messageClass).toBe(classes.RESPONSE);
      expect(message?.transactionIdHex).toBe('b7e7a701bc34d686fa87dfae');
      const [address, port]: [string, number] = message?.getAttributeValue('XOR-MAPPED-ADDRESS') ?? ['', 0];
      expect(port).toBe(32_853);
      expect(new URL(`http://[${address.includes(':') ? address : `::${address}`}]`).host).toBe(
        new URL(`http://[${host.includes(':') ? host : `::${host}`}]`).host,
      );
    },
  );

  it('says the address of the test vector as that does', () => {
    const response = serializeCheckResponse(REQUEST, ['192.0.2.1', 32_853], KEY) ?? new Uint8Array(0);
    expect(Buffer.from(response.subarray(20, 32)).toString('hex')).toBe(
      '0020000800 01a147e112a643'.replace(' ', ''),
    );
  });

  it.each(['localhost', '', '::ffff:192.0.2.1', 'fe80::1%eth0'])('is not written for "%s"', (host) => {
    expect(serializeCheckResponse(REQUEST, [host, 1], KEY)).toBeUndefined();
  });
});
