import { micros } from '@pinhole/core';
import { Stream, type StreamParameters, type StreamUnit } from '@pinhole/engine';
import { ntpMiddle } from '@pinhole/media/rtp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PacketizedStream } from './packetized-stream.ts';
import type { RtpRun } from './rtp-sender.ts';
import { ViewerRtp } from './viewer-rtp.ts';

const PARAMETERS: StreamParameters = {
  sps: new Uint8Array(4),
  pps: [],
  codec: 'avc1.42c01e',
  profileLevelId: '42c01e',
  width: 640,
  height: 360,
  bFrames: false,
};

const unitOf = (sequence: number, sizeBytes = 3000): StreamUnit => {
  const nal = new Uint8Array(sizeBytes).fill(0x41);
  const at = micros(sequence * 33_333);
  return {
    data: nal,
    nalUnits: [nal],
    key: sequence === 0,
    captureTime: micros(1e15 + at),
    pts: at,
    dts: at,
    sequence,
    droppable: false,
    parameters: PARAMETERS,
  };
};

const LIVE = { discontinuity: false, catchUp: false };
const REPLAYED = { discontinuity: false, catchUp: true };

function openViewer(options: { readonly extensionIds?: object } = {}) {
  const sent: RtpRun[] = [];
  const resent: { readonly run: RtpRun; readonly position: number }[] = [];
  const path = { queuedBytes: 0 };
  const clock = { now: micros(1e15) };
  const rtp = new ViewerRtp({
    packetized: PacketizedStream.of(new Stream()),
    sender: {
      send: (run) => sent.push(run) && run.payloads.length * 1300,
      resend: (run, position) => resent.push({ run, position }),
      close: () => {},
    },
    path,
    ssrc: 7,
    mid: '0',
    extensionIds: {},
    now: () => clock.now,
    ...options,
  });
  return { rtp, sent, resent, path, clock };
}

describe('ViewerRtp', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('numbers packets without a gap, whatever was left out', () => {
    const { rtp, sent } = openViewer();

    for (const sequence of [0, 1, 7, 8]) rtp.write(unitOf(sequence), LIVE);

    const [first] = sent;
    expect(sent.map(({ firstIndex }) => firstIndex - (first?.firstIndex ?? 0))).toEqual([0, 3, 6, 9]);
    expect(rtp.counters).toMatchObject({ packetsSent: 12, bytesSent: 12 * 1300 });
  });

  it('paces the replay of a long GOP, and keeps live pictures behind it', () => {
    const { rtp, sent } = openViewer();
    for (let sequence = 0; sequence < 100; sequence++) rtp.write(unitOf(sequence), REPLAYED);
    rtp.write(unitOf(100), LIVE);

    expect(sent).toHaveLength(0);
    vi.advanceTimersByTime(0);
    expect(sent).toHaveLength(43); // 128 packets, and what is left of the last unit
    vi.advanceTimersByTime(5);
    expect(sent).toHaveLength(86);
    vi.advanceTimersByTime(5);
    expect(sent).toHaveLength(101);
    rtp.write(unitOf(101), LIVE);
    expect(sent).toHaveLength(102);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives pictures that are sent once more time stamps that still rise', () => {
    const { rtp, sent, resent, clock } = openViewer();
    const [key, second, third] = [unitOf(0), unitOf(1), unitOf(2)];
    for (const unit of [key, second, key, second, third]) rtp.write(unit, LIVE);

    const [first, , again] = sent;
    const after = sent.map(({ timestamp }) => (timestamp - (first?.timestamp ?? 0) + 2 ** 32) % 2 ** 32);
    expect(after).toEqual([0, 3000, 3001, 3002, 6000]);
    rtp.resend([(again?.firstIndex ?? 0) % 0x10000], clock.now);
    expect(resent).toEqual([{ run: again, position: 0 }]);
  });

  it('is full when the socket is', () => {
    const { rtp, path } = openViewer();
    expect(rtp.pressure).toBe(0);

    path.queuedBytes = 2 ** 20;

    expect(rtp.pressure).toBe(1);
  });

  it('sends a packet again as it was', () => {
    const { rtp, sent, resent, clock } = openViewer({
      extensionIds: { absCaptureTime: 2, transportSequence: 3, playoutDelay: 4, mid: 5 },
    });
    for (const sequence of [0, 1, 2]) rtp.write(unitOf(sequence), LIVE);
    const run = sent[1];

    const gone = rtp.resend([((run?.firstIndex ?? 0) + 2) % 0x10000], clock.now);

    expect(resent).toEqual([{ run, position: 2 }]);
    expect(gone).toBe(false);
    expect(rtp.resend([((sent[0]?.firstIndex ?? 0) + 0xffff) % 0x10000], clock.now)).toBe(true);
    expect(rtp.counters).toMatchObject({ packetsResent: 1, nacksTooLate: 1 });
  });

  it('sends no more again than a viewer may ask for in a second', () => {
    const { rtp, sent, resent, clock } = openViewer();
    rtp.write(unitOf(0), LIVE);
    const flood = Array.from({ length: 2000 }, () => (sent[0]?.firstIndex ?? 0) % 0x10000);

    rtp.resend(flood, clock.now);

    expect(resent).toHaveLength(500);
    expect(rtp.counters).toMatchObject({ packetsResent: 500, nacksRefused: 1500 });
    clock.now = micros(clock.now + 1_000_000);
    rtp.resend(flood.slice(0, 1), clock.now);
    expect(resent).toHaveLength(501);
  });

  it('looks for no more than a viewer may ask for in a second, be it there or not', () => {
    const { rtp, sent, clock } = openViewer();
    rtp.write(unitOf(0), LIVE);
    const neverSent = ((sent[0]?.firstIndex ?? 0) + 1000) % 0x10000;

    const gone = rtp.resend(
      Array.from({ length: 100_000 }, () => neverSent),
      clock.now,
    );

    expect(gone).toBe(true);
    expect(rtp.counters).toMatchObject({ packetsResent: 0, nacksTooLate: 500, nacksRefused: 99_500 });
  });

  it('writes what was agreed on into the header extension', () => {
    const { rtp, sent } = openViewer({
      extensionIds: { absCaptureTime: 2, transportSequence: 3, playoutDelay: 4, mid: 5 },
    });

    rtp.write(unitOf(0), LIVE);

    const [run] = sent;
    // 1e15 µs after 1970 is 3 208 988 800 s after 1900.
    expect(Buffer.from(run?.extension ?? []).toString('hex')).toBe(
      ['bede 0005', '27 bf454880 00000000', '31 0000', '42 000000', '50 30', '0000']
        .join('')
        .replaceAll(' ', ''),
    );
    expect(run?.transportSequence?.offset).toBe(4 + 9 + 1);
  });

  it('reports counts and the RTP time of now', () => {
    const { rtp, sent } = openViewer();
    expect(rtp.report(micros(1e15))).toBeUndefined();
    rtp.write(unitOf(0), LIVE);

    const report = rtp.report(micros(1e15 + 500_000));

    expect(report).toMatchObject({ ssrc: 7, packetsSent: 3 });
    expect(report?.rtpTimestamp).toBe(((sent[0]?.timestamp ?? 0) + 45_000) % 2 ** 32);
    expect(ntpMiddle(report?.ntp ?? 0n) & 0xffff).toBe(0x8000);
  });

  it('does nothing any more once it is closed', () => {
    const { rtp, sent } = openViewer();
    rtp.write(unitOf(0), REPLAYED);

    rtp.close();
    rtp.write(unitOf(1), LIVE);
    vi.advanceTimersByTime(100);

    expect(sent).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
