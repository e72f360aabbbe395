import { type Micros, micros, millis } from '@pinhole/core';
import type { AudioFrame, SourceAudioFrame } from '@pinhole/engine';
import { microsToNtp, serializeRtcp } from '@pinhole/media/rtp';
import type { AudioFormat } from '@pinhole/media/sdp';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../fake-clock.ts';
import { AudioReceiver } from './audio-receiver.ts';
import { AudioTimeline } from './audio-timeline.ts';
import { opusDuration } from './opus-duration.ts';
import { soundOffset } from './sound-clock.ts';
import { OpusPackets, soundDepacketizerFor } from './sound-depacketizer.ts';

/** CELT, full band, 20 ms, stereo, one frame; then bytes of no meaning here. */
const FRAME = Uint8Array.of(0b11111_1_00, 1, 2, 3);

let clock: FakeClock;
let frames: SourceAudioFrame[];
let receiver: AudioReceiver;

beforeEach(() => {
  clock = new FakeClock();
  frames = [];
  receiver = new AudioReceiver({
    depacketizer: new OpusPackets(),
    clock,
    own: { ssrc: 1, cname: 'pinhole' },
    write: (frame) => frames.push(frame),
  });
});

const send = (sequence: number, timestamp: number, payload = FRAME): void =>
  receiver.packet({ marker: false, payloadType: 111, ssrc: 9, sequence, timestamp, payload });

describe('sound', () => {
  it('comes as it was sent, dated when its first sample was heard', () => {
    send(1, 0);

    expect(frames).toEqual([
      {
        data: FRAME,
        captureTime: clock.utcNow() - 20_000,
        pts: 0,
        duration: 20_000,
        parameters: { codec: 'opus', sampleRate: 48_000, channels: 2 },
      },
    ]);
  });

  it('is put in order, and what was lost is not waited for long', () => {
    send(1, 0);
    send(3, 1920);
    expect(frames).toHaveLength(1);
    send(2, 960);
    send(5, 3840);
    clock.advance(millis(30));

    expect(frames.map(({ pts }) => pts)).toEqual([0, 20_000, 40_000, 80_000]);
  });

  it('keeps its place after silence of which nothing was sent', () => {
    send(1, 0);
    clock.advance(millis(4000));
    send(2, 192_000);

    expect(frames.map(({ pts }) => pts)).toEqual([0, 4_000_000]);
  });

  it('is dated by the clock of the sender once a report tells it', () => {
    send(1, 0);
    clock.advance(millis(100));
    const heardAt = micros(clock.utcNow() - 70_000);
    receiver.rtcp(
      serializeRtcp([
        {
          kind: 'sender-report',
          ssrc: 9,
          ntp: microsToNtp(heardAt),
          rtpTimestamp: 4800,
          packetsSent: 1,
          bytesSent: 1,
          reports: [],
        },
      ]),
    );
    send(2, 4800);

    expect(Math.abs((frames[1]?.captureTime ?? 0) - heardAt)).toBeLessThan(10);
  });

  it('that is none is counted', () => {
    send(1, 0, Uint8Array.of(0b11111_0_11, 0));
    send(2, 960, new Uint8Array(0));

    expect(frames).toEqual([]);
    expect(receiver.counters.malformed).toBe(1);
  });

  it('and reports of any kind do no harm', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(65_535), (bytes, sequence) => {
        send(sequence, sequence * 7, bytes);
        receiver.rtcp(bytes);
      }),
    );
    receiver.close();

    expect(clock.pending).toBe(0);
  });
});

it.each([
  ['SILK 60 ms', [0b00011_000], 60_000],
  ['hybrid 10 ms', [0b01100_000], 10_000],
  ['CELT 2.5 ms, two frames', [0b10000_001], 5000],
  ['CELT 20 ms, six frames', [0b11111_011, 6], 120_000],
  ['more than 120 ms', [0b11111_011, 7], undefined],
  ['nothing', [], undefined],
])('%s lasts as long as its table of contents says', (_, packet, duration) => {
  expect(opusDuration(Uint8Array.from(packet))).toBe(duration);
});

describe('on the time line of the pictures', () => {
  const frameAt = (pts: number, captureTime: number): AudioFrame => ({
    data: FRAME,
    pts: micros(pts),
    captureTime: micros(captureTime),
    duration: micros(20_000),
    parameters: { codec: 'opus', sampleRate: 48_000, channels: 2 },
  });
  const picture = (pts: number, captureTime: number): { pts: Micros; captureTime: Micros } => ({
    pts: micros(pts),
    captureTime: micros(captureTime),
  });

  it('sound stands where it was heard, and jitter of the dates does not move it', () => {
    const line = new AudioTimeline();

    expect(line.place(frameAt(0, 1_010_000), picture(500_000, 1_000_000)).pts).toBe(510_000);
    expect(line.place(frameAt(20_000, 1_060_000), picture(533_000, 1_033_000)).pts).toBe(530_000);
  });

  it('sound follows when its clock was set', () => {
    const line = new AudioTimeline();
    line.place(frameAt(0, 1_000_000), picture(0, 1_000_000));

    expect(line.place(frameAt(20_000, 1_520_000), picture(20_000, 1_020_000)).pts).toBe(520_000);
  });

  it('sound that is off a little for a while is moved by what it is off on average', () => {
    const line = new AudioTimeline();
    const places = Array.from({ length: 60 }, (_, i) => {
      // The first one came 60 ms late; the others jitter round where they belong.
      const jitter = i === 0 ? 60_000 : i % 2 === 0 ? 8000 : -8000;
      return line.place(frameAt(i * 20_000, i * 20_000 + jitter), picture(0, 0)).pts - i * 20_000;
    });

    expect(places.slice(0, 45)).toEqual(Array.from({ length: 45 }, () => 60_000));
    expect(places.slice(-5).every((off) => Math.abs(off) < 3000)).toBe(true);
  });

  it('sound never goes back', () => {
    const line = new AudioTimeline();
    line.place(frameAt(0, 2_000_000), picture(0, 1_000_000));

    expect(line.place(frameAt(20_000, 1_020_000), picture(20_000, 1_020_000)).pts).toBe(1_000_001);
  });
});

describe('the offset of sound and pictures', () => {
  const HOUR = 3_600_000_000;

  it("is that of the camera's clock where it reports both, though it is an hour slow", () => {
    const sound = { camera: 5_000_000 - HOUR, arrival: 5_200_000 };
    const video = { camera: 4_900_000 - HOUR, arrival: 5_000_000 };

    expect(soundOffset(sound, video)).toBe(100_000);
  });

  it('is that of the arrivals where it reports one of them, or nonsense', () => {
    const video = { camera: 4_900_000, arrival: 5_000_000 };

    expect(soundOffset({ camera: undefined, arrival: 5_200_000 }, video)).toBe(200_000);
    expect(soundOffset({ camera: HOUR, arrival: 5_200_000 }, video)).toBe(200_000);
  });

  it('is not known before both came', () => {
    const nothing = { camera: undefined, arrival: undefined };

    expect(soundOffset({ camera: 1, arrival: 1 }, nothing)).toBeUndefined();
  });
});

describe('sound of a camera', () => {
  const opened = (format: AudioFormat): AudioReceiver =>
    new AudioReceiver({
      depacketizer: soundDepacketizerFor(format),
      clock,
      own: { ssrc: 1, cname: 'pinhole' },
      payloadType: format.payloadType,
      write: (frame) => frames.push(frame),
    });
  const rtp = (payloadType: number, sequence: number, timestamp: number, payload: Uint8Array) => ({
    marker: true,
    payloadType,
    ssrc: 9,
    sequence,
    timestamp,
    payload,
  });

  it('in AAC gives each frame of a packet its place', () => {
    const aac = opened({
      codec: 'aac',
      payloadType: 97,
      ticksPerSecond: 16_000,
      sampleRate: 16_000,
      channels: 1,
      config: Uint8Array.of(0x14, 0x08),
      layout: { sizeLength: 13, indexLength: 3, indexDeltaLength: 3, ticksPerFrame: 1024 },
    });

    // Two headers: 2 bytes, 1 byte
    aac.packet(rtp(97, 1, 0, Uint8Array.of(0, 32, 0, 16, 0, 8, 1, 2, 3)));

    expect(frames.map(({ data, pts, duration }) => [[...data], pts, duration])).toEqual([
      [[1, 2], 0, 64_000],
      [[3], 64_000, 64_000],
    ]);
    expect(frames[0]?.captureTime).toBe(clock.utcNow() - 128_000);
    expect(frames[0]?.parameters).toMatchObject({ codec: 'aac', config: Uint8Array.of(0x14, 0x08) });
  });

  it('in G.711 comes raw, as long as its samples', () => {
    const pcmu = opened({
      codec: 'pcmu',
      payloadType: 0,
      ticksPerSecond: 8000,
      sampleRate: 8000,
      channels: 1,
    });

    pcmu.packet(rtp(0, 1, 0, new Uint8Array(160)));
    pcmu.packet(rtp(96, 2, 160, new Uint8Array(160)));

    expect(frames).toMatchObject([{ duration: 20_000, parameters: { codec: 'pcmu', sampleRate: 8000 } }]);
    expect(pcmu.counters).toEqual({ frames: 1, late: 0, malformed: 0, foreign: 1 });
  });

  it('in half samples is counted', () => {
    const l16 = opened({
      codec: 'l16',
      payloadType: 11,
      ticksPerSecond: 44_100,
      sampleRate: 44_100,
      channels: 1,
    });

    l16.packet(rtp(11, 1, 0, new Uint8Array(31)));

    expect(l16.counters.malformed).toBe(1);
  });
});
