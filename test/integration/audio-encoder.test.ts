import { micros } from '@pinhole/core';
import {
  type AudioEncoder,
  type AudioEncoderOptions,
  type AudioInput,
  type AudioTarget,
  openAudioEncoder,
  type TimedAudio,
} from '@pinhole/ffmpeg';
import { expect, it, onTestFinished } from 'vitest';
import { adtsWriter } from '../../packages/ffmpeg/src/audio/adts.ts';
import { OggOpusWriter } from '../../packages/ffmpeg/src/audio/ogg.ts';
import { beepsIn } from '../support/beeps.ts';
import { framesFrom, soundClip } from '../support/sound-clip.ts';
import { needs } from '../support/third-parties.ts';

const START = { pts: micros(7_000_000), captureTime: micros(1_700_000_000_000_000) };

/** A beep of 100 ms, 1 kHz, at each half second, in G.711 or linear samples, as packets of 20 ms. */
function* beeps(codec: 'pcmu' | 'pcma' | 'l16', seconds: number): Generator<TimedAudio<AudioInput>> {
  const sampleRate = codec === 'l16' ? 16_000 : 8000;
  const perFrame = sampleRate / 50;
  const parameters = { codec, sampleRate, channels: 1 };
  for (let i = 0; i < seconds * 50; i++) {
    const samples = Int16Array.from({ length: perFrame }, (_, n) => {
      const at = i * perFrame + n;
      return at % (sampleRate / 2) < sampleRate / 10
        ? 12_000 * Math.sin((2 * Math.PI * 1000 * at) / sampleRate)
        : 0;
    });
    const data =
      codec === 'l16' ? bigEndian(samples) : Uint8Array.from(samples, codec === 'pcmu' ? toMuLaw : toALaw);
    yield {
      data,
      parameters,
      duration: micros(20_000),
      pts: micros(START.pts + i * 20_000),
      captureTime: micros(START.captureTime + i * 20_000),
    };
  }
}

function bigEndian(samples: Int16Array): Uint8Array {
  const bytes = Buffer.alloc(samples.length * 2);
  for (const [i, sample] of samples.entries()) bytes.writeInt16BE(sample, i * 2);
  return bytes;
}

/** ITU-T G.711 §3.2 and §3.1, by its tables' segments. */
function toMuLaw(sample: number): number {
  const magnitude = Math.min(32_635, Math.abs(sample)) + 132;
  const exponent = Math.floor(Math.log2(magnitude)) - 7;
  return ~((sample < 0 ? 0x80 : 0) | (exponent << 4) | ((magnitude >> (exponent + 3)) & 15)) & 0xff;
}
function toALaw(sample: number): number {
  const magnitude = Math.min(32_767, Math.abs(sample));
  const exponent = magnitude < 256 ? 0 : Math.floor(Math.log2(magnitude)) - 7;
  const mantissa = exponent === 0 ? magnitude >> 4 : (magnitude >> (exponent + 3)) & 15;
  return ((sample < 0 ? 0 : 0x80) | (exponent << 4) | mantissa) ^ 0x55;
}

/** Lets packets come as they would: 20 ms of sound in 20 ms, or faster by a factor. */
async function play(
  encoder: AudioEncoder,
  frames: Iterable<TimedAudio<AudioInput>>,
  speed = 4,
): Promise<void> {
  const startedAt = performance.now();
  let first: number | undefined;
  for (const frame of frames) {
    first ??= frame.pts;
    const waitMs = (frame.pts - first) / 1000 / speed - (performance.now() - startedAt);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    encoder.write(frame);
  }
}

const until = async (condition: () => boolean): Promise<void> => {
  for (const deadline = performance.now() + 10_000; !condition(); ) {
    if (performance.now() > deadline) throw new Error('waited too long');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

function opened(to: AudioTarget, options: Partial<AudioEncoderOptions> = {}) {
  const frames: TimedAudio<AudioTarget>[] = [];
  const encoder = openAudioEncoder({ to, write: (frame) => frames.push(frame), ...options });
  onTestFinished(() => encoder.close());
  return { encoder, frames };
}

/** Frames as a stream that ffmpeg reads. */
function streamOf(frames: readonly TimedAudio<AudioTarget>[]): Uint8Array {
  const [first] = frames;
  if (first === undefined) return new Uint8Array();
  if (first.parameters.codec === 'aac') {
    const adts = adtsWriter(first.parameters);
    return Buffer.concat(frames.map(({ data }) => adts(data)));
  }
  const ogg = new OggOpusWriter();
  return Buffer.concat([
    ogg.head(first.parameters.channels),
    ...frames.map(({ data }) => ogg.packet(data, 960)),
  ]);
}

const endOf = (frames: readonly TimedAudio<AudioTarget>[]): number => {
  const last = frames.at(-1);
  return last === undefined ? 0 : last.pts + last.duration - START.pts;
};

needs('ffmpeg').describe('the audio encoder', () => {
  it.for([
    ['pcmu', 'aac'],
    ['pcma', 'opus'],
    ['l16', 'aac'],
  ] as const)('makes %s %s, every beep at its time', async ([from, to]) => {
    const { encoder, frames } = opened(to);
    await play(encoder, beeps(from, 4));
    await until(() => endOf(frames) > 3_700_000);

    const [first] = frames;
    const startsAt = ((first?.pts ?? 0) - START.pts) / 1e6;
    const heard = beepsIn(streamOf(frames), to === 'aac' ? ['-f', 'aac'] : ['-f', 'ogg']).map(
      (at) => at + startsAt,
    );
    // What a coder puts in front of the very first sample smears over that.
    for (const [i, at] of heard.entries()) expect(Math.abs(at - i / 2)).toBeLessThan(0.012);
    expect(heard.length).toBeGreaterThanOrEqual(8);
    expect(frames.every((each, i) => i === 0 || each.pts > (frames[i - 1]?.pts ?? 0))).toBe(true);
    for (const each of frames) {
      expect(each.captureTime - START.captureTime).toBe(each.pts - START.pts);
      expect(each.parameters).toMatchObject({ codec: to, sampleRate: 48_000, channels: 1 });
    }
  });

  it.for([
    ['aac', 'opus'],
    ['opus', 'aac'],
  ] as const)('makes %s %s', async ([from, to]) => {
    const clip = await soundClip(from, 3);
    const { encoder, frames } = opened(to);
    await play(encoder, framesFrom(clip, START));
    await until(() => endOf(frames) > 2_500_000);

    expect(frames.every((each, i) => i === 0 || each.pts > (frames[i - 1]?.pts ?? 0))).toBe(true);
    expect(frames[0]?.parameters.codec).toBe(to);
  });

  it('leaps where sound was missing', async () => {
    const { encoder, frames } = opened('aac');
    const sound = [...beeps('pcmu', 4)].filter((_, i) => i < 50 || i >= 125);
    await play(encoder, sound);
    await until(() => endOf(frames) > 3_700_000);

    const gaps = frames.map((each, i) => each.pts - (frames[i - 1]?.pts ?? each.pts));
    expect(gaps.filter((gap) => gap > 30_000)).toHaveLength(1);
    expect(Math.max(...gaps)).toBeGreaterThan(1_450_000);
    expect(Math.max(...gaps)).toBeLessThan(1_550_000);
  });

  it('goes on when its child is killed, and says so', async () => {
    const { encoder, frames } = opened('aac');
    await play(encoder, beeps('pcmu', 1));
    await until(() => frames.length > 20);
    process.kill(encoder.pid ?? 0, 'SIGKILL');
    await until(() => encoder.pid === undefined);
    const before = frames.length;
    await play(encoder, [...beeps('pcmu', 4)].slice(50));
    await until(() => endOf(frames) > 3_500_000);

    expect(frames.length).toBeGreaterThan(before);
    expect(encoder.counters.restarts).toBe(1);
    expect(encoder.counters.droppedDown).toBeGreaterThan(0);
  });

  it('takes another kind of sound on the way', async () => {
    const { encoder, frames } = opened('aac');
    await play(encoder, beeps('pcmu', 1));
    await until(() => frames.length > 20);
    await play(encoder, [...beeps('l16', 4)].slice(100));
    await until(() => endOf(frames) > 3_500_000);

    expect(encoder.counters.restarts).toBe(0);
  });

  it('tells how long it holds sound back', async () => {
    const heldBack: number[] = [];
    let now = 0;
    const { encoder } = opened('aac', {
      write: (frame) => heldBack.push(now - frame.pts),
    });
    for (const frame of beeps('pcmu', 3)) {
      now = frame.pts + frame.duration;
      encoder.write(frame);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }

    const sorted = heldBack.slice(50).toSorted((a, b) => a - b);
    console.log(`PCMU → AAC: sound held back p50 ${sorted[sorted.length >> 1]} µs, most ${sorted.at(-1)} µs`);
    expect(sorted.length).toBeGreaterThan(20);
  });

  it('gives up on a program that is none, once', async () => {
    const why: string[] = [];
    const { encoder } = opened('aac', { command: '/bin/false', failed: ({ code }) => why.push(code) });
    const frames = [...beeps('pcmu', 60)];
    await until(() => {
      const frame = frames.shift();
      if (frame) encoder.write(frame);
      return why.length > 0;
    });

    expect(why).toEqual(['ffmpeg/encode']);
  });

  it('says at once when there is no program', () => {
    expect(() => openAudioEncoder({ to: 'aac', command: '/nowhere/ffmpeg', write: () => {} })).toThrow(
      expect.objectContaining({ code: 'ffmpeg/missing' }),
    );
  });
});
