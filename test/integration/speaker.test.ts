import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Speaker, type SpeakerVoice } from '@pinhole/outputs/speaker';
import { afterAll, beforeAll, expect, onTestFinished, vi } from 'vitest';
import { OggReader } from '../../packages/ffmpeg/src/audio/ogg.ts';
import { decodedSound } from '../support/beeps.ts';
import { needs, thirdParty } from '../support/third-parties.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinhole-speaker-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A tone in Opus as browsers send it: packets of 20 ms. */
function tone(hertz: number, seconds: number): readonly Uint8Array[] {
  const line = `-hide_banner -v error -f lavfi -i sine=${hertz}:r=48000:d=${seconds} -af volume=4 -c:a libopus -application voip -frame_duration 20 -f ogg pipe:1`;
  const { stdout } = spawnSync(thirdParty('ffmpeg') ?? 'ffmpeg', line.split(' '));
  return [...new OggReader().push(stdout)].slice(2);
}

/** How loud a tone is in samples: its amplitude. */
function loudness(samples: Float32Array, hertz: number): number {
  let [re, im] = [0, 0];
  for (const [at, sample] of samples.entries()) {
    re += sample * Math.cos((2 * Math.PI * hertz * at) / 48_000);
    im += sample * Math.sin((2 * Math.PI * hertz * at) / 48_000);
  }
  return (2 * Math.hypot(re, im)) / samples.length;
}

/** Says packets in the pace of a microphone, one list a voice. */
async function say(
  voices: readonly (readonly [SpeakerVoice, readonly Uint8Array[]])[],
  seconds: number,
): Promise<void> {
  const begin = performance.now();
  for (let at = 0; at < seconds * 50; at++) {
    for (const [voice, packets] of voices) {
      const data = packets[at % packets.length] ?? new Uint8Array(0);
      voice.write({ data, timestamp: at * 960, sequence: at & 0xffff });
    }
    const wait = begin + (at + 1) * 20 - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function open(spec: string): Speaker {
  const speaker = Speaker.open(spec);
  onTestFinished(() => speaker.close());
  return speaker;
}

/** The loudest half second: the rest is the beginning, and pauses of a machine that is busy. */
function loudest(samples: Float32Array): Float32Array {
  let best = samples.subarray(0, 24_000);
  let most = 0;
  for (let at = 0; at + 24_000 <= samples.length; at += 2400) {
    const part = samples.subarray(at, at + 24_000);
    const energy = part.reduce((sum, sample) => sum + sample * sample, 0);
    if (energy > most) [most, best] = [energy, part];
  }
  return best;
}

needs('ffmpeg').it('two viewers who talk at once are both heard, and nobody else', async () => {
  const path = join(folder, 'two.wav');
  const speaker = open(`file:${path}`);
  expect(speaker.rests).toBe(true);

  await say(
    [
      [speaker.voice(), tone(440, 1)],
      [speaker.voice(), tone(1000, 1)],
    ],
    1.5,
  );
  const { counters } = speaker;
  await speaker.close();

  const heard = loudest(decodedSound(path));
  expect(loudness(heard, 440)).toBeGreaterThan(0.1);
  expect(loudness(heard, 1000)).toBeGreaterThan(0.1);
  expect(loudness(heard, 700)).toBeLessThan(0.2 * loudness(heard, 440));
  expect(counters).toMatchObject({
    frames: 150,
    late: 0,
    lost: 0,
    crowded: 0,
    undecoded: 0,
    deviceLosses: 0,
  });
  expect(speaker.rests).toBe(true);
});

needs('ffmpeg').it(
  'packets that cannot be heard are counted; when all are silent, nothing runs any more',
  async () => {
    const speaker = Speaker.open(`file:${join(folder, 'counted.wav')}`, { voices: 1, restAfterMs: 100 });
    onTestFinished(() => speaker.close());
    const [first, second] = [speaker.voice(), speaker.voice()];
    const [packet = new Uint8Array(0)] = tone(440, 0.1);
    const frame = (sequence: number, data = packet) => ({ data, timestamp: 0, sequence });

    first.write(frame(1, Uint8Array.of(0xf8, 0xff, 0xfe)));
    expect(speaker.rests).toBe(true);
    first.write(frame(65_535));
    first.write(frame(2));
    first.write(frame(2));
    first.write(frame(5));
    second.write(frame(1));
    expect(speaker.counters).toMatchObject({ frames: 6, silent: 1, late: 2, lost: 2, crowded: 1 });

    // The first one says no more: its place is free.
    let sequence = 2;
    await vi.waitFor(
      () => {
        const { crowded } = speaker.counters;
        second.write(frame(sequence++));
        expect(speaker.counters.crowded).toBe(crowded);
      },
      { timeout: 20_000, interval: 20 },
    );
    second.end();
    second.write(frame(sequence));
    await vi.waitFor(() => expect(speaker.rests).toBe(true), { timeout: 20_000 });
  },
);

needs('ffmpeg').it('a device that is not there is told once, and is heard when it comes', async () => {
  const path = join(folder, 'plugged', 'said.wav');
  const warn = vi.fn<() => void>();
  const log = { debug: () => {}, info: () => {}, warn, error: () => {}, child: () => log };
  const speaker = Speaker.open(`file:${path}`, { log });
  onTestFinished(() => speaker.close());
  const [voice, packets] = [speaker.voice(), tone(440, 1)];

  let sequence = 0;
  const talkUntil = (met: () => boolean) =>
    vi.waitFor(
      () => {
        voice.write({
          data: packets[sequence % packets.length] ?? new Uint8Array(0),
          timestamp: 0,
          sequence: sequence++ & 0xffff,
        });
        expect(met()).toBe(true);
      },
      { timeout: 20_000, interval: 20 },
    );
  await talkUntil(() => speaker.counters.deviceLosses >= 2);
  await mkdir(join(folder, 'plugged'));
  const before = speaker.counters.playedMs;
  await talkUntil(() => speaker.counters.playedMs > before + 1200);
  await speaker.close();

  expect(loudness(loudest(decodedSound(path)), 440)).toBeGreaterThan(0.1);
  expect(warn).toHaveBeenCalledOnce();
  expect(speaker.counters.deviceMissingMs).toBeGreaterThan(0);
});

needs('ffmpeg').it('a sound device plays it, by its name in ALSA', async () => {
  const path = join(folder, 'alsa.wav');
  const conf = join(folder, 'asound.conf');
  // A device without hardware: ALSA itself writes down what is played.
  await writeFile(
    conf,
    `pcm.pinhole_test { type plug slave { pcm { type file format wav file "${path}" slave.pcm { type null } } format S16_LE rate 48000 channels 2 } }\n`,
  );
  vi.stubEnv('ALSA_CONFIG_PATH', `/usr/share/alsa/alsa.conf:${conf}`);
  onTestFinished(() => void vi.unstubAllEnvs());
  const speaker = open('pinhole_test');

  await say([[speaker.voice(), tone(440, 1)]], 1.2);
  await speaker.close();

  expect(speaker.counters).toMatchObject({ deviceLosses: 0 });
  expect(loudness(loudest(decodedSound(path)), 440)).toBeGreaterThan(0.1);
});
