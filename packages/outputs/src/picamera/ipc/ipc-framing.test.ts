import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../../test/support/code-of.ts';
import { ipcFrame, ipcSplitter, MAX_IPC_MESSAGE_BYTES, RAW_MESSAGE_BYTES } from './ipc-framing.ts';

/** All messages that there are now. */
function taken(splitter: ReturnType<typeof ipcSplitter>): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let message = splitter.next(); message; message = splitter.next()) messages.push(message);
  return messages;
}

const anyBytes = fc.uint8Array({ maxLength: 3000 });

describe('framed messages', () => {
  it('come out as they went in, however the bytes are cut, without the empty ones', () => {
    fc.assert(
      fc.property(
        fc.array(anyBytes, { maxLength: 8 }),
        fc.array(fc.nat(2000), { maxLength: 20 }),
        (sent, cuts) => {
          const splitter = ipcSplitter('framed');
          const stream = Buffer.concat(sent.map((message) => ipcFrame(message, 'framed')));
          const received: Uint8Array[] = [];
          let at = 0;
          for (const length of [...cuts, stream.byteLength]) {
            splitter.push(new Uint8Array(stream.subarray(at, at + length)));
            at += length;
            received.push(...taken(splitter));
          }
          expect(received).toEqual(sent.filter(({ byteLength }) => byteLength > 0));
        },
      ),
    );
  });

  it('of any bytes at all are messages of the right length, or refused by name', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        const splitter = ipcSplitter('framed');
        splitter.push(bytes);
        const messages: Uint8Array[] = [];
        expect(['parsed', 'ipc/frame']).toContain(codeOf(() => messages.push(...taken(splitter))));
        expect(messages.every(({ byteLength }) => byteLength <= MAX_IPC_MESSAGE_BYTES)).toBe(true);
      }),
    );
  });
});

it('raw messages are the reads, cut where they are too long', () => {
  fc.assert(
    fc.property(fc.array(anyBytes, { maxLength: 5 }), (reads) => {
      const splitter = ipcSplitter('raw');
      for (const read of reads) splitter.push(read);
      const messages = taken(splitter);

      expect(Buffer.concat(messages)).toEqual(Buffer.concat(reads));
      expect(messages.map(({ byteLength }) => byteLength)).toEqual(
        reads.flatMap(({ byteLength }) => [
          ...Array.from({ length: Math.floor(byteLength / RAW_MESSAGE_BYTES) }, () => RAW_MESSAGE_BYTES),
          ...(byteLength % RAW_MESSAGE_BYTES > 0 ? [byteLength % RAW_MESSAGE_BYTES] : []),
        ]),
      );
    }),
  );
});
