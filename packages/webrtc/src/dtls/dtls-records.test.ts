import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { CONTENT_TYPE } from './code-points.ts';
import { type DtlsKeys, DtlsRecords } from './dtls-records.ts';

const ours: DtlsKeys = {
  algorithm: 'aes-128-gcm',
  localKey: hex('00112233445566778899aabbccddeeff'),
  remoteKey: hex('0f0e0d0c0b0a09080706050403020100'),
  localSalt: hex('01020304'),
  remoteSalt: hex('05060708'),
};

const theirs: DtlsKeys = {
  ...ours,
  localKey: ours.remoteKey,
  remoteKey: ours.localKey,
  localSalt: ours.remoteSalt,
  remoteSalt: ours.localSalt,
};

const payload = hex('68656c6c6f');

describe('DtlsRecords', () => {
  it('writes the header as DTLS 1.2 has it', () => {
    const records = new DtlsRecords(ours);
    for (let i = 0; i < 0x0102; i++) records.seal(CONTENT_TYPE.applicationData, payload);

    const record = records.seal(CONTENT_TYPE.applicationData, payload);

    expect(record.subarray(0, 21)).toEqual(
      hex(`
        17                 # application data
        fe fd              # DTLS 1.2
        00 01              # epoch
        00 00 00 00 01 02  # sequence number
        00 1d              # 8 nonce + 5 + 16 tag
        00 01 00 00 00 00 01 02  # explicit nonce: epoch and number
      `),
    );
    expect(record.byteLength).toBe(13 + 8 + 5 + 16);
  });

  it('is what the other end can open, once', () => {
    const there = new DtlsRecords(theirs);
    const record = new DtlsRecords(ours).seal(CONTENT_TYPE.alert, payload);
    const copy = record.slice();

    expect(there.open(record)).toEqual({ type: CONTENT_TYPE.alert, payload: Buffer.from(payload) });
    expect(there.open(record)).toBeUndefined();
    expect(record).toEqual(copy);
  });

  it('opens nothing that somebody changed, cut short or sealed for another epoch', () => {
    const there = new DtlsRecords(theirs);
    const record = new DtlsRecords(ours).seal(CONTENT_TYPE.applicationData, payload);

    for (let at = 0; at < record.byteLength; at++) {
      // The length is for who cuts datagrams into records.
      if (at === 11 || at === 12) continue;
      const changed = record.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(there.open(changed)).toBeUndefined();
      expect(there.open(record.subarray(0, at))).toBeUndefined();
    }
    expect(there.open(record)).toBeDefined();
  });

  it('opens a message of a handshake under a number that a record of another kind may take', () => {
    const there = new DtlsRecords(theirs);
    const finished = new DtlsRecords(ours).seal(CONTENT_TYPE.handshake, payload);
    const first = new DtlsRecords(ours).seal(CONTENT_TYPE.applicationData, payload);

    expect(there.open(finished)).toBeDefined();
    expect(there.open(first)).toBeDefined();
    expect(there.open(first)).toBeUndefined();
  });

  it('opens records in any order of a short while', () => {
    const there = new DtlsRecords(theirs);
    const here = new DtlsRecords(ours);
    const records = Array.from({ length: 2000 }, () => here.seal(CONTENT_TYPE.applicationData, payload));
    const open = (index: number): boolean => there.open(records[index] ?? payload) !== undefined;

    expect([open(1500), open(700), open(477), open(476), open(1500), open(1501)]).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
    ]);
  });
});
