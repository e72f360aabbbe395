import { describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import type { RtpRun } from './rtp-sender.ts';
import { RtxStream } from './rtx-stream.ts';

const RUN: RtpRun = {
  payloads: [hex('65 01'), hex('65 02'), hex('65 03')],
  firstIndex: 0x1_fffe,
  timestamp: 90_000,
  extension: hex('bede0001 31000000'),
  transportSequence: { offset: 5, first: 700 },
};

function openStream() {
  const sent: RtpRun[] = [];
  let opened = 0;
  let closed = 0;
  const stream = new RtxStream(() => {
    opened++;
    return {
      droppedPackets: 3,
      send: (run) => sent.push(run) && 40,
      resend: () => {},
      close: () => {
        closed++;
      },
    };
  });
  return { stream, sent, opened: () => opened, closed: () => closed };
}

describe('RtxStream', () => {
  it('sends what was lost behind the number that it had, at the same time, by numbers of its own', () => {
    const { stream, sent } = openStream();

    stream.send(RUN, 1, 900);
    stream.send(RUN, 2, 901);

    // 0x1fffe + 1 and + 2, of which 16 bits are written: ffff, 0000
    expect(sent.map(({ payloads }) => payloads)).toEqual([[hex('ffff 65 02')], [hex('0000 65 03')]]);
    expect(sent.map(({ timestamp, marker }) => ({ timestamp, marker }))).toEqual([
      { timestamp: 90_000, marker: 'none' },
      { timestamp: 90_000, marker: 'last' },
    ]);
    expect((sent[1]?.firstIndex ?? 0) - (sent[0]?.firstIndex ?? 0)).toBe(1);
    expect(sent.map(({ transportSequence }) => transportSequence)).toEqual([
      { offset: 5, first: 900 },
      { offset: 5, first: 901 },
    ]);
  });

  it('costs nothing until something is lost', () => {
    const { stream, opened } = openStream();

    expect([opened(), stream.packetsDropped]).toEqual([0, 0]);
    stream.send(RUN, 0, 1);
    stream.send(RUN, 0, 2);

    expect([opened(), stream.packetsDropped]).toEqual([1, 3]);
  });

  it('does nothing any more once it is closed', () => {
    const { stream, sent, closed } = openStream();
    stream.send(RUN, 0, 1);

    stream.close();

    expect(stream.send(RUN, 0, 2)).toBe(0);
    expect([sent.length, closed()]).toEqual([1, 1]);
  });
});
