import { micros, millis, silentLogger } from '@pinhole/core';
import type { AccessUnit, PublisherEnd, SourceAudioFrame, SourceState } from '@pinhole/engine';
import { WhipSource } from '@pinhole/sources/whip';
import { createTransports } from '@pinhole/webrtc';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished } from 'vitest';
import { encodeClip } from '../support/clip.ts';
import { brokenOffers } from '../support/fuzz-sdp.ts';
import { LossyProxy } from '../support/lossy-proxy.ts';
import { RtpPublisher, utcNow } from '../support/rtp-publisher.ts';
import { endViewers } from '../support/rtp-viewer.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('ffmpeg');
const TICKS_A_FRAME = 3000;
const pause = (ms: number): Promise<void> => new Promise((later) => setTimeout(later, ms));

describe('a publisher', () => {
  let clip: ReturnType<typeof encodeClip>;
  let source: WhipSource;
  let units: AccessUnit[];
  let sounds: SourceAudioFrame[];
  let states: SourceState[];
  let ends: PublisherEnd[];
  let publishers: RtpPublisher[];
  let stop: AbortController;
  let stopped: Promise<void>;

  beforeAll(() => {
    clip = encodeClip({ size: '320x180', seconds: 2, gop: 20 });
  });

  afterAll(() => endViewers());

  beforeEach(() => {
    [units, sounds, states, ends, publishers] = [[], [], [], [], []];
    source = new WhipSource({
      endpoint: '/whip/phone',
      transports: createTransports({ hostAddresses: ['127.0.0.1'], log: silentLogger }),
      stallMs: millis(1000),
    });
    stop = new AbortController();
    stopped = source.start(
      {
        write: (unit) => units.push(unit),
        audio: (frame) => sounds.push(frame),
        state: (state) => states.push(state),
      },
      { signal: stop.signal },
    );
  });

  afterEach(async () => {
    for (const publisher of publishers) publisher.close();
    stop.abort();
    await stopped;
  });

  async function connected({
    through,
    ...options
  }: ConstructorParameters<typeof RtpPublisher>[0] & { readonly through?: LossyProxy } = {}) {
    const publisher = new RtpPublisher(options);
    publishers.push(publisher);
    await publisher.connect(async (offered) => {
      // Who knows no address of the publisher finds no other way to it.
      const offer = through ? offered.replaceAll(/^a=candidate:.*\r\n/gm, '') : offered;
      const { answer } = await source.publish({ offer, ended: (why) => ends.push(why) });
      return through ? await through.relayed(answer) : answer;
    });
    return publisher;
  }

  /** Sends pictures of the clip at their pace, faster than the real one. */
  async function send(publisher: RtpPublisher, from: number, to: number): Promise<void> {
    for (let i = from; i < to; i++) {
      publisher.picture(clip[i % clip.length]?.data ?? new Uint8Array(), { ticks: i * TICKS_A_FRAME });
      await pause(10);
    }
  }

  const arrived = (count: number) => expect.poll(() => units.length, { timeout: 5000 }).toBe(count);

  it('is received picture by picture, as it sent them', async () => {
    const publisher = await connected();
    await send(publisher, 0, 40);
    await arrived(40);

    expect(units.map(({ data }) => Buffer.from(data).includes(Buffer.from([0, 0, 1])))).not.toContain(false);
    expect(units.map(({ key }) => key)).toEqual(clip.slice(0, 40).map(({ key }) => key));
    expect(units.map(({ sequence }) => sequence)).toEqual(units.map((_, i) => i));
    expect(units.map(({ pts }) => pts)).toEqual(units.map((_, i) => Math.round((i * 1e6) / 30)));
    expect(states.map(({ kind }) => kind)).toEqual(['retrying', 'connecting', 'live']);
    expect(states[0]).toMatchObject({ why: 'waiting for a publisher at /whip/phone (WHIP)', retryInMs: 0 });
    expect(publisher.asked('receiver-report').length).toBeGreaterThan(0);
  });

  it('dates its pictures by its own clock, as its reports tell', async () => {
    const publisher = await connected();
    await send(publisher, 0, 2);
    await arrived(2);
    const takenAt = micros(utcNow() - 5000);
    publisher.report({ ticks: 40 * TICKS_A_FRAME, utc: takenAt });
    await pause(100);
    publisher.picture(clip[2]?.data ?? new Uint8Array(), { ticks: 40 * TICKS_A_FRAME });
    await arrived(3);

    expect(Math.abs((units[2]?.captureTime ?? 0) - takenAt)).toBeLessThan(1000);
  });

  it('is asked for what was lost, and nothing is missing', async () => {
    const publisher = await connected();
    publisher.loses = (count) => count % 7 === 3;
    await send(publisher, 0, 60);
    publisher.loses = () => false;
    await send(publisher, 60, 61);
    await arrived(61);

    expect(units.map(({ sequence }) => sequence)).toEqual(units.map((_, i) => i));
    expect(source.counters.connection?.nacks.recovered).toBeGreaterThan(5);
    expect(source.counters.connection?.packetsLost).toBe(0);
  });

  it('is asked for a key picture where what was lost does not come again', async () => {
    const publisher = await connected();
    publisher.answersNacks = false;
    await send(publisher, 0, 25);
    publisher.loses = () => true;
    await send(publisher, 25, 26);
    publisher.loses = () => false;
    await send(publisher, 26, 60);
    await expect.poll(() => publisher.asked('picture-loss-indication').length).toBeGreaterThan(0);
    await expect.poll(() => units.at(-1)?.pts, { timeout: 5000 }).toBe(Math.round((59 * 1e6) / 30));

    const gap = units.findIndex(({ sequence }, i) => sequence !== i);
    expect(gap).toBe(25);
    expect(units[gap]?.key).toBe(true);
    expect(source.counters.connection?.droppedAfterLoss).toBeGreaterThan(10);
  });

  it('is asked for a key picture for newcomers', async () => {
    const publisher = await connected();
    await send(publisher, 0, 3);
    await arrived(3);

    source.requestKeyFrame();

    await expect.poll(() => publisher.asked('picture-loss-indication')).toMatchObject([{ mediaSsrc: 4242 }]);
  });

  it('brings sound on the time line of its pictures', async () => {
    const publisher = await connected({ sound: true });
    publisher.sound(Uint8Array.of(0b11111_1_00, 0), { ticks: 480_000 });
    await send(publisher, 0, 3);
    await arrived(3);
    for (let i = 1; i <= 5; i++) {
      publisher.sound(Uint8Array.of(0b11111_1_00, i), { ticks: 480_000 + i * 960 });
      await pause(20);
    }
    await expect.poll(() => sounds.length).toBe(5);

    expect(sounds.map(({ data }) => data[1])).toEqual([1, 2, 3, 4, 5]);
    expect(sounds[0]?.parameters).toEqual({ codec: 'opus', sampleRate: 48_000, channels: 2 });
    expect((sounds[4]?.pts ?? 0) - (sounds[0]?.pts ?? 0)).toBe(80_000);
    expect(Math.abs((sounds[0]?.pts ?? 0) - (units[2]?.pts ?? 0))).toBeLessThan(1_000_000);
    expect(source.counters.audioDroppedEarly).toBe(1);
  });

  it('has the camera to itself while it sends, and makes way once it is silent', async () => {
    const first = await connected();
    await send(first, 0, 3);
    await arrived(3);

    await expect(connected()).rejects.toMatchObject({ code: 'publish/occupied' });
    await pause(2100);
    const second = await connected();
    await send(second, 0, 3);
    await arrived(6);

    expect(ends).toEqual(['replaced']);
    expect(units.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4, 5]);
  });

  it('may vanish; the next one carries on the same stream', async () => {
    const network = new LossyProxy(0);
    onTestFinished(() => network.close());
    const first = await connected({ through: network });
    await send(first, 0, 30);
    await arrived(30);
    network.impair({ stalled: true });
    await expect
      .poll(() => states.at(-1), { timeout: 8000 })
      .toMatchObject({ code: 'source/no-publisher', retryInMs: 0 });
    expect(ends).toEqual(['silent']);

    const second = await connected();
    await send(second, 0, 30);
    await arrived(60);

    expect(states.at(-1)).toEqual({ kind: 'live' });
    expect(units.map(({ sequence }) => sequence)).toEqual(units.map((_, i) => i));
    const times = units.map(({ dts }) => dts);
    expect(times).toEqual([...new Set(times)].toSorted((a, b) => a - b));
  });

  it('that sends no picture any more is said to, and is live again with its next', async () => {
    const publisher = await connected();
    await send(publisher, 0, 3);
    await arrived(3);
    await expect
      .poll(() => states.at(-1), { timeout: 3000 })
      .toMatchObject({
        kind: 'retrying',
        code: 'source/stalled',
        why: expect.stringContaining('no picture for 1 s'),
      });

    await send(publisher, 3, 4);

    await expect.poll(() => states.at(-1)).toEqual({ kind: 'live' });
    expect(source.counters.stalls).toBe(1);
  });

  it('that offers no H.264 is told what it offers', async () => {
    await expect(connected({ codec: 'VP8' })).rejects.toMatchObject({
      code: 'webrtc/no-h264',
      message: expect.stringContaining('offers VP8'),
    });
  });

  it('may offer anything at all; whatever is not answered is refused in words', async () => {
    const outcomes = new Set<string>();
    for (const broken of brokenOffers(300)) {
      const offer = broken.replaceAll('a=recvonly', 'a=sendonly');
      try {
        const publication = await source.publish({ offer, ended: () => {} });
        await publication.close('left');
        outcomes.add('answered');
      } catch (thrown) {
        outcomes.add((thrown as { code?: string }).code ?? String(thrown));
      }
    }

    expect([...outcomes].filter((code) => code !== 'answered' && !code.startsWith('webrtc/'))).toEqual([]);
    expect(outcomes.size).toBeGreaterThan(2);
    expect(states.at(-1)).toMatchObject({ kind: 'retrying' });
  });
});
