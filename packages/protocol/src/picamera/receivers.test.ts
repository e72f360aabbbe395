import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { CmdType, CommandType } from './codes.ts';
import { legacyFrames } from './legacy-frames.ts';
import { LegacyReceiver } from './legacy-receiver.ts';
import { encodePacket } from './packet.ts';
import { packetChunk, packetFrames, packetHeader, packetTrailer } from './packet-frames.ts';
import { PacketReceiver } from './packet-receiver.ts';
import type { TransferEvent } from './transfers.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (body: Uint8Array | undefined): string => new TextDecoder().decode(body);
/** What came of the frames, in words. */
const inWords = (events: readonly TransferEvent[]): readonly string[] =>
  events.flatMap((event) => {
    if (event.kind === 'completed') return [`${event.type} ${text(event.body)}`];
    return event.kind === 'lost' ? [`${event.type} ${event.why}`] : [];
  });

describe('a receiver of generation A', () => {
  const receive = (...frames: readonly Uint8Array[]): readonly string[] => {
    const receiver = new LegacyReceiver();
    return inWords(frames.flatMap((frame) => receiver.push(frame, 0)));
  };
  const frames = (message: string): readonly Uint8Array[] => [
    ...legacyFrames(CmdType.CUSTOM, bytes(message)),
  ];

  it('tells of the start, of progress and of the whole body before the trailer', () => {
    const receiver = new LegacyReceiver();
    const events = [hex('01 34'), hex('01 ff d8'), hex('01 ff d9')].flatMap((frame) =>
      receiver.push(frame, 0),
    );

    expect(events).toEqual([
      { kind: 'started', type: 1, id: '1', total: 4 },
      { kind: 'progress', type: 1, id: '1', received: 2, total: 4, bytes: hex('ff d8') },
      { kind: 'progress', type: 1, id: '1', received: 4, total: 4, bytes: hex('ff d9') },
      { kind: 'completed', type: 1, id: '1', total: 4, body: hex('ff d8 ff d9') },
    ]);
    expect(receiver.push(hex('01'), 0)).toEqual([]);
  });

  it('keeps answers of different types apart that come at once', () => {
    expect(receive(hex('01 32'), hex('02 31'), hex('01 61'), hex('02 7a'), hex('01 62'))).toEqual([
      '2 z',
      '1 ab',
    ]);
  });

  it('takes an empty answer, and the two ends that devices send after it, and is in step', () => {
    expect(receive(hex('06 30'), hex('06'), hex('06'), ...frames('next'))).toEqual(['6 ', '6 next']);
  });

  it.each([
    ['header', 0, []],
    ['body', 1, ['6 incomplete']],
    ['trailer', 2, ['6 first']],
  ])('that lost the %s of a message has the next one whole', (_, lost, before) => {
    const first = frames('first').filter((_frame, index) => index !== lost);

    expect(receive(...first, ...frames('next'))).toEqual([...before, '6 next']);
  });

  it('that lost body and trailer takes the length that comes for a header', () => {
    expect(receive(...frames('first').slice(0, 1), ...frames('the next'.repeat(9)))).toEqual([
      '6 superseded',
      `6 ${'the next'.repeat(9)}`,
    ]);
  });

  it('that gets more than was announced gives it up, and has the next one', () => {
    expect(receive(hex('06 32'), bytes('\x06abc'), hex('06'), ...frames('next'))).toEqual([
      '6 overflow',
      '6 next',
    ]);
  });

  it('never throws, and counts what it cannot read', () => {
    const receiver = new LegacyReceiver();

    for (const frame of ['', '07', 'ff 31', '06 61', '06 39393939393939393939393939393939'])
      receiver.push(hex(frame), 0);

    expect(receiver.counters).toEqual({ completed: 0, lost: 0, malformed: 3, stray: 2 });
  });
});

describe('a receiver of packets', () => {
  const stream = (streamId: string) => ({ type: CommandType.CUSTOM, streamId });
  const receive = (...messages: readonly Uint8Array[]): readonly string[] => {
    const receiver = new PacketReceiver();
    return inWords(messages.flatMap((message) => receiver.push(message, 0).events));
  };

  it('puts streams together that run at once', () => {
    const [a, b] = [
      [...packetFrames(stream('a'), bytes('one'))],
      [...packetFrames(stream('b'), bytes('two'))],
    ];

    expect(receive(...a.slice(0, 1), ...b, ...a.slice(1))).toEqual(['100 two', '100 one']);
  });

  it('takes an answer without a body at its trailer', () => {
    expect(
      receive(...packetFrames({ type: CommandType.QUERY_FILE, streamId: 'a' }, new Uint8Array(0))),
    ).toEqual(['3 ']);
  });

  it('gives a packet that is whole by itself as it is', () => {
    const packet = {
      type: CommandType.START_RECORDING,
      kind: 'recordingResponse',
      isRecording: true,
      filepath: 'a',
    } as const;

    expect(new PacketReceiver().push(encodePacket(packet), 0)).toEqual({ events: [], packet });
  });

  it.each([
    ['the trailer comes too early', packetTrailer(stream('a')), 'incomplete'],
    ['the sender gives up', packetTrailer(stream('a'), 'gone'), 'aborted'],
    ['a chunk is missing', packetChunk(stream('a'), 3, bytes('x')), 'gap'],
    ['more comes than was announced', packetChunk(stream('a'), 1, bytes('xxxxxxxx')), 'overflow'],
    ['it begins again', packetHeader(stream('a'), 1), 'superseded'],
  ])('gives a transfer up when %s', (_, message, why) => {
    const before = [packetHeader(stream('a'), 5), packetChunk(stream('a'), 0, bytes('x'))];

    expect(receive(...before, message)).toEqual([`100 ${why}`]);
  });

  it('passes a body on as it comes where it is told so, and holds nothing', () => {
    const receiver = new PacketReceiver({ handling: (type) => (type === 4 ? 'pass-on' : 'collect') });
    const body = new Uint8Array(200_000).fill(7);
    let passed = 0;
    for (const message of packetFrames({ type: CommandType.TRANSFER_FILE, streamId: 'a' }, body)) {
      for (const event of receiver.push(message, 0).events) {
        if (event.kind === 'progress') passed += event.bytes.byteLength;
      }
      expect(receiver.heldBytes).toBe(0);
    }

    expect(passed).toBe(200_000);
    expect(receiver.counters.completed).toBe(1);
  });
});

describe('the bounds of a receiver', () => {
  const bounds = { transfers: 2, bytes: 1000, silenceMs: 100 };
  const header = (streamId: string, total: number) => packetHeader({ type: 4, streamId }, total);

  it('refuse what cannot fit, with nothing allocated', () => {
    const receiver = new PacketReceiver({ bounds });

    expect(inWords(receiver.push(header('a', 2 ** 50), 0).events)).toEqual(['4 too-large']);
    expect(receiver.heldBytes).toBe(0);
  });

  it('count what came, not what was announced', () => {
    const receiver = new PacketReceiver({ bounds });
    for (const id of ['a', 'b']) receiver.push(header(id, 900), 0);
    expect(receiver.heldBytes).toBe(0);
    receiver.push(packetChunk({ type: 4, streamId: 'a' }, 0, new Uint8Array(600)), 0);

    const { events } = receiver.push(packetChunk({ type: 4, streamId: 'b' }, 0, new Uint8Array(600)), 0);

    expect(inWords(events)).toEqual(['4 too-large']);
    expect(receiver.heldBytes).toBeLessThanOrEqual(1000);
  });

  it('give up the one that stood still longest', () => {
    const receiver = new PacketReceiver({ bounds });
    receiver.push(header('a', 2), 0);
    receiver.push(header('b', 2), 1);
    receiver.push(packetChunk({ type: 4, streamId: 'a' }, 0, bytes('x')), 2);

    const { events } = receiver.push(header('c', 2), 3);

    expect(events[0]).toEqual({ kind: 'lost', type: 4, id: 'b', received: 0, total: 2, why: 'crowded' });
  });

  it('give up what is silent', () => {
    const receiver = new LegacyReceiver({ bounds });
    receiver.push(hex('01 32'), 0);

    expect(receiver.expire(100)).toEqual([]);
    expect(inWords(receiver.expire(101))).toEqual(['1 silent']);
  });

  it('hold for any frames at all, which never make it throw', () => {
    const legacy = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.tuple(fc.nat(7), fc.nat(2000)).map(([type, total]) => bytes(`${String.fromCharCode(type)}${total}`)),
      fc
        .tuple(fc.nat(7), fc.nat(300))
        .map(([type, length]) => new Uint8Array(length + 1).fill(65).fill(type, 0, 1)),
    );
    const id = fc.constantFrom('a', 'b', 'c');
    const packets = fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.tuple(id, fc.nat(2000)).map(([streamId, total]) => header(streamId, total)),
      fc
        .tuple(id, fc.nat(600), fc.nat(600))
        .map(([streamId, offset, length]) =>
          packetChunk({ type: 4, streamId }, offset, new Uint8Array(length)),
        ),
      id.map((streamId) => packetTrailer({ type: 4, streamId })),
    );
    fc.assert(
      fc.property(fc.array(legacy), fc.array(packets), (frames, messages) => {
        const [a, b] = [new LegacyReceiver({ bounds }), new PacketReceiver({ bounds })];
        frames.forEach((frame, now) => {
          a.push(frame, now);
          expect(a.heldBytes).toBeLessThanOrEqual(1000);
        });
        messages.forEach((message, now) => {
          b.push(message, now);
          expect(b.heldBytes).toBeLessThanOrEqual(1000);
        });
      }),
      { numRuns: 1000 },
    );
  });
});

it('any bodies at all come back as they went, in either generation', () => {
  const bodies = fc.array(fc.uint8Array({ minLength: 1, maxLength: 140_000, size: 'max' }), { maxLength: 3 });
  fc.assert(
    fc.property(bodies, (sent) => {
      const legacy = new LegacyReceiver();
      const packets = new PacketReceiver();
      const received = sent.flatMap((body, index) => [
        ...[...legacyFrames(CmdType.RECORDING, body)].flatMap((frame) => legacy.push(frame, 0)),
        ...[...packetFrames({ type: CommandType.TRANSFER_FILE, streamId: `${index}` }, body)].flatMap(
          (message) => packets.push(message, 0).events,
        ),
      ]);
      const whole = received.flatMap((event) =>
        event.kind === 'completed' && event.body ? [event.body] : [],
      );
      const expected = sent.flatMap((body) => [body, body]);

      expect(whole.length).toBe(expected.length);
      expect(
        whole.every((body, index) => Buffer.compare(body, expected[index] ?? new Uint8Array(0)) === 0),
      ).toBe(true);
    }),
    { numRuns: 12 },
  );
});
