import { silentLogger } from '@pinhole/core';
import { LegacyReceiver, PacketReceiver } from '@pinhole/protocol/picamera';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../../test/support/hex.ts';
import { ScriptedChannel } from '../../../../../test/support/scripted-channel.ts';
import { answerFraming } from '../answer-framing.ts';
import { FairTurns } from './fair-turns.ts';
import { memoryBody, type TransferBody } from './transfer-body.ts';
import { newTransferTally } from './transfer-counters.ts';
import {
  COMMAND_WAITING_BYTES,
  MOST_WAITING,
  TransferLine,
  type TransferLineOptions,
} from './transfer-line.ts';

const SNAPSHOT_PICTURE = hex('ffd8 ffe0 0102 ffd9');

function open(options: Partial<TransferLineOptions> & { readonly channel?: ScriptedChannel } = {}) {
  const channel = options.channel ?? new ScriptedChannel(0);
  const tally = newTransferTally();
  const line = new TransferLine({
    framing: () => answerFraming('legacy', 'snapshot'),
    emptyBodies: 'left-out',
    turns: new FairTurns(),
    tally,
    log: silentLogger,
    ...options,
    channel,
  });
  return { channel, tally, line };
}

/** A body of a size, whose byte at place n is n mod 251; it knows when it was closed. */
function counted(sizeBytes: number, { failsAt = Number.POSITIVE_INFINITY } = {}) {
  const state = { closed: 0, read: 0 };
  const body: TransferBody = {
    sizeBytes,
    read: (at, length) => {
      if (at + length > failsAt) return Promise.reject(new Error(`the disk failed at ${failsAt}`));
      state.read += length;
      return Promise.resolve(Uint8Array.from({ length }, (_, i) => (at + i) % 251));
    },
    close: () => {
      state.closed++;
      return Promise.resolve();
    },
  };
  return { body, state };
}

async function* only(...bodies: readonly TransferBody[]): AsyncGenerator<TransferBody, void, void> {
  yield* bodies;
}

describe('a transfer of generation A', () => {
  it('is a header with the length in digits, the body behind the type, and the type alone', async () => {
    const { channel, line, tally } = open();

    line.add(() => only(memoryBody(SNAPSHOT_PICTURE)));
    await channel.sentAtLeast(3);

    expect(channel.sent).toEqual([
      hex('01 38'), //                    SNAPSHOT, "8"
      hex('01 ffd8 ffe0 0102 ffd9'), //   SNAPSHOT, the JPEG
      hex('01'), //                       SNAPSHOT, end
    ]);
    expect(tally).toMatchObject({ begun: 1, completed: 1, cancelled: 0, failed: 0, bytes: 8 });
  });

  it('goes in parts of 65 535 bytes', async () => {
    const { channel, line } = open({ framing: () => answerFraming('legacy', 'download') });

    line.add(() => only(counted(200_000).body));
    await channel.sentAtLeast(6);

    expect(channel.binary.map(({ byteLength }) => byteLength)).toEqual([7, 65_536, 65_536, 65_536, 3396, 1]);
    expect(channel.binary.every(([type]) => type === 3)).toBe(true);
  });

  it('without a body is not sent: receivers would lose step', async () => {
    const { channel, line, tally } = open();

    line.add(() => only(memoryBody(new Uint8Array()), memoryBody(SNAPSHOT_PICTURE)));
    await channel.sentAtLeast(3);

    expect(channel.binary[0]).toEqual(hex('01 38'));
    expect(tally.begun).toBe(1);
  });
});

describe('a transfer of packets', () => {
  it('is a header, chunks of 65 536 bytes with their places, and a trailer, of one stream', async () => {
    const { channel, line } = open({ framing: () => answerFraming('packet', 'download') });
    const receiver = new PacketReceiver();

    line.add(() => only(counted(200_000).body));
    await channel.sentAtLeast(6);
    const events = channel.binary.flatMap((message) => receiver.push(message, 0).events);

    expect(channel.binary[0]?.subarray(0, 2)).toEqual(hex('08 04')); // TRANSFER_FILE
    expect(channel.binary[0]?.[2]).toBe(0x3a); // stream_header
    expect(channel.binary[1]?.[2]).toBe(0x42); // stream_chunk
    expect(channel.binary.at(-1)?.[2]).toBe(0x4a); // stream_trailer
    expect(channel.binary.map(({ byteLength }) => Math.floor(byteLength / 1000))).toEqual([
      0, 65, 65, 65, 3, 0,
    ]);
    expect(events.at(-1)).toMatchObject({ kind: 'completed', type: 4, total: 200_000 });
  });

  it('may be empty', async () => {
    const { channel, line } = open({
      framing: () => answerFraming('packet', 'query'),
      emptyBodies: 'sent',
    });

    line.add(() => only(memoryBody(new Uint8Array())));
    await channel.sentAtLeast(2);

    expect(channel.binary.map((message) => message[2])).toEqual([0x3a, 0x4a]);
  });

  it('that breaks off ends with the reason, and the next one goes on', async () => {
    const { channel, line, tally } = open({ framing: () => answerFraming('packet', 'download') });
    const receiver = new PacketReceiver();
    const broken = counted(200_000, { failsAt: 100_000 });

    line.add(() => only(broken.body, counted(10).body));
    await channel.sentAtLeast(6);
    const events = channel.binary.flatMap((message) => receiver.push(message, 0).events);

    expect(events.filter(({ kind }) => kind === 'lost')).toMatchObject([
      { why: 'aborted', received: 65_536 },
    ]);
    expect(events.filter(({ kind }) => kind === 'completed')).toMatchObject([{ total: 10 }]);
    expect(Buffer.from(channel.binary[2] ?? []).toString()).toContain('the disk failed at 100000');
    expect(tally).toMatchObject({ failed: 1, completed: 1 });
    expect(broken.state.closed).toBe(1);
  });
});

it('reads no further ahead than there is room, whatever the size, and all of it arrives', async () => {
  const channel = new ScriptedChannel(0, 'stalled');
  const { line } = open({ channel, framing: () => answerFraming('legacy', 'download') });
  const { body, state } = counted(20_000_000);
  const receiver = new LegacyReceiver({ handling: () => 'pass-on' });
  const firstBytes: number[] = [];
  let received = 0;
  let ahead = 0;
  let completed = 0;

  line.add(() => only(body));
  while (completed === 0) {
    await new Promise(setImmediate);
    for (const message of channel.binary) {
      for (const event of receiver.push(message, 0)) {
        if (event.kind === 'completed') completed = event.total;
        if (event.kind !== 'progress') continue;
        firstBytes.push((event.bytes[0] ?? -1) - (received % 251));
        received += event.bytes.byteLength;
      }
    }
    channel.sent.length = 0;
    ahead = Math.max(ahead, state.read - received);
    channel.drain(300_000);
  }

  expect([received, completed]).toEqual([20_000_000, 20_000_000]);
  expect(new Set(firstBytes)).toEqual(new Set([0]));
  expect(ahead).toBeLessThanOrEqual(COMMAND_WAITING_BYTES + 65_535);
  expect(channel.mostBuffered).toBeLessThanOrEqual(COMMAND_WAITING_BYTES);
});

describe('a line', () => {
  it('sends one after the other, each whole before the next', async () => {
    const { channel, line } = open();
    const sizes = [70_000, 3, 140_000];

    for (const size of sizes) line.add(() => only(counted(size).body));
    await channel.sentAtLeast(4 + 3 + 5);

    const lengths = channel.binary.map(({ byteLength }) => byteLength);
    expect(lengths).toEqual([6, 65_536, 4466, 1, 2, 4, 1, 7, 65_536, 65_536, 8931, 1]);
  });

  it('asks for what is to be sent when its turn comes, not before', async () => {
    const channel = new ScriptedChannel(0, 'stalled');
    const { line } = open({ channel });
    const asked: string[] = [];
    const work = (name: string, size: number) => () => {
      asked.push(name);
      return only(counted(size).body);
    };

    line.add(work('large', 600_000));
    line.add(work('small', 10));
    await channel.until(() => channel.bufferedAmount > 450_000);
    expect(asked).toEqual(['large']);
    channel.link = 'fast';
    channel.drain();
    await channel.until((sent) => sent.filter((message) => message.length === 1).length === 2);

    expect(asked).toEqual(['large', 'small']);
  });

  it('takes no more than 16 behind the one that is on its way', () => {
    const { line } = open({ channel: new ScriptedChannel(0, 'stalled') });

    const taken = Array.from({ length: 20 }, () => line.add(() => only(counted(10).body)));

    expect(MOST_WAITING).toBe(16);
    expect(taken).toEqual([...Array.from({ length: 17 }, () => true), false, false, false]);
  });

  it.each(['the viewer left', 'the channel closed'])(
    'ends at once when %s, and lets go of the file',
    async (why) => {
      const channel = new ScriptedChannel(0, 'stalled');
      const { line, tally } = open({ channel });
      const { body, state } = counted(5_000_000);
      line.add(() => only(body));
      line.add(() => only(counted(10).body));
      await channel.until(() => channel.bufferedAmount > 450_000);

      if (why === 'the viewer left') line.close();
      else {
        channel.closed(() => line.close());
        channel.close();
      }
      await expect.poll(() => state.closed).toBe(1);

      expect(state.read).toBeLessThan(700_000);
      expect(tally).toEqual({
        begun: 1,
        completed: 0,
        cancelled: 1,
        failed: 0,
        bytes: expect.any(Number) as number,
      });
      expect(line.length).toBe(0);
      expect(line.add(() => only(counted(1).body))).toBe(false);
    },
  );

  it('ends a transfer that the channel does not take, and goes on', async () => {
    const channel = new ScriptedChannel(0);
    channel.longestBytes = 60_000;
    const { line, tally } = open({ channel });

    line.add(() => only(counted(100_000).body, counted(10).body));
    await channel.sentAtLeast(5);

    expect(channel.binary.map(({ byteLength }) => byteLength)).toEqual([7, 1, 3, 11, 1]);
    expect(tally).toMatchObject({ failed: 1, completed: 1 });
  });

  it('goes on when the work itself fails', async () => {
    const { channel, line } = open();

    line.add(async function* () {
      yield* [];
      throw new Error('a bug');
    });
    line.add(() => only(memoryBody(SNAPSHOT_PICTURE)));
    await channel.sentAtLeast(3);

    expect(channel.sent).toHaveLength(3);
  });
});

it('viewers with large files take turns: one that has ten does not hold up one that has one', async () => {
  const turns = new FairTurns();
  const viewers = Array.from({ length: 4 }, () =>
    open({ turns, framing: () => answerFraming('legacy', 'download') }),
  );
  const chunks = (): number[] => viewers.map(({ channel }) => channel.sent.length);

  for (const { line } of viewers) line.add(() => only(counted(65_535 * 100).body));
  await viewers[3]?.channel.sentAtLeast(51);

  for (const count of chunks()) expect(Math.abs(count - 51)).toBeLessThan(15);
});
