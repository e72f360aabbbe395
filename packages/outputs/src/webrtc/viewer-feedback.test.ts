import { micros } from '@pinhole/core';
import { Stream } from '@pinhole/engine';
import { serializeRtcp } from '@pinhole/media/rtp';
import { describe, expect, it } from 'vitest';
import { PathEstimate } from './delivery/path-estimate.ts';
import { PacketizedStream } from './packetized-stream.ts';
import { ViewerFeedback } from './viewer-feedback.ts';
import { ViewerRtp } from './viewer-rtp.ts';

const VIDEO = 7;
const PLI = serializeRtcp([{ kind: 'picture-loss-indication', senderSsrc: 1, mediaSsrc: VIDEO }]);
const PARAMETERS = {
  sps: new Uint8Array(4),
  pps: [],
  codec: 'avc1.42c01e',
  profileLevelId: '42c01e',
  width: 640,
  height: 360,
  bFrames: false,
};

/** One viewer's feedback, and the sending that it acts on. */
function open() {
  const clock = { now: micros(1e15) };
  const path = new PathEstimate();
  let resent = 0;
  let latest = 0;
  const rtp = new ViewerRtp({
    packetized: PacketizedStream.of(new Stream()),
    sender: {
      send: (run) => {
        latest = run.firstIndex;
        return run.payloads.length * 1300;
      },
      resend: () => resent++,
      close: () => {},
    },
    path: { queuedBytes: 0 },
    ssrc: VIDEO,
    mid: '0',
    extensionIds: { transportSequence: 3 },
    estimate: path,
    now: () => clock.now,
  });
  const feedback = new ViewerFeedback({
    ssrcs: { video: VIDEO, audio: 8 },
    handlers: {
      nack: (sequences) => rtp.resend(sequences, clock.now),
      keyFrame: () => {},
      bye: () => {},
      packet: () => {},
      path,
    },
  });
  let pictures = 0;
  const film = (): void => {
    const nal = new Uint8Array(20_000).fill(0x41);
    const at = micros(pictures * 33_333);
    const unit = {
      data: nal,
      nalUnits: [nal],
      key: pictures === 0,
      captureTime: clock.now,
      pts: at,
      dts: at,
    };
    rtp.write(
      { ...unit, sequence: pictures++, droppable: false, parameters: PARAMETERS },
      { discontinuity: false, catchUp: false },
    );
  };
  return { clock, path, rtp, feedback, film, resent: () => resent, latest: () => latest };
}

/** One packet of feedback: 32-bit words behind the header. */
function feedbackOf(type: number, format: number, words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 + words.length * 4);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 0x8000 | (format << 8) | type);
  view.setUint16(2, words.length);
  for (const [at, word] of words.entries()) view.setUint32(4 + at * 4, word);
  return bytes;
}

/** Numbers that look like chance and are the same each time. */
function random(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return Math.floor(((state >>> 0) / 2 ** 32) * below);
  };
}

describe('ViewerFeedback', () => {
  it('reads no more than a viewer may say in a second', () => {
    const { clock, feedback } = open();
    const flood = new Uint8Array(PLI.byteLength * 1000);
    for (let at = 0; at < flood.byteLength; at += PLI.byteLength) flood.set(PLI, at);

    for (let i = 0; i < 100; i++) feedback.read(flood, clock.now);

    expect(feedback.counters).toEqual({
      nacksReceived: 0,
      keyFramesRequested: 10_000,
      malformed: 0,
      refused: 90,
    });
    clock.now = micros(clock.now + 1_000_000);
    feedback.read(PLI, clock.now);
    expect(feedback.counters).toMatchObject({ keyFramesRequested: 10_001, refused: 90 });
  });

  it('takes any numbers that a viewer makes up, and sends no more again than is its due', () => {
    const { clock, path, rtp, feedback, film, resent, latest } = open();
    const next = random(11);
    const word = (): number => next(2 ** 32);

    for (let round = 0; round < 100; round++) {
      film();
      // Some of what it asks for was sent: the latest picture.
      const nack = [(latest() % 0x10000) * 0x10000 + 0x7f, ...Array.from({ length: next(200) }, word)];
      feedback.read(feedbackOf(205, 1, [1, VIDEO, ...nack]), clock.now);
      // All numbers there are, as missing, and then some as received, at any times.
      const ranges = [
        next(0x10000) * 0x10000 + 0xffff,
        word(),
        ...Array.from({ length: 4 }, () => 0x1fff_1fff),
      ];
      feedback.read(feedbackOf(205, 15, [1, VIDEO, ...ranges, word(), word()]), clock.now);
      const received = [
        next(0x10000) * 0x10000 + 7,
        word(),
        0x2007_0000 + next(0x10000),
        word(),
        word(),
        word(),
      ];
      feedback.read(feedbackOf(205, 15, [1, VIDEO, ...received]), clock.now);
      feedback.read(feedbackOf(201, 1, [1, VIDEO, ...Array.from({ length: 5 }, word)]), clock.now);
      feedback.read(feedbackOf(206, 15, [1, 0, 0x52454d42, 0x01000000 + next(2 ** 24), VIDEO]), clock.now);
      clock.now = micros(clock.now + 33_333);

      const wait = path.wait(clock.now);
      expect(Number.isFinite(wait)).toBe(true);
      expect(['over', 'clear', 'unclear']).toContain(path.condition(clock.now, 1e6).kind);
    }

    const seconds = 4;
    expect(feedback.counters.nacksReceived).toBe(100);
    expect(rtp.counters.packetsResent).toBe(resent());
    expect(resent()).toBeGreaterThan(0);
    expect(resent()).toBeLessThanOrEqual(seconds * 500 + rtp.counters.packetsSent);
  });
});
