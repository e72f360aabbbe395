import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { runFfmpeg } from '../../../../test/support/decode-with-ffmpeg.ts';
import { needs } from '../../../../test/support/third-parties.ts';
import { play } from './fake-player.ts';

const folder = mkdtempSync(join(tmpdir(), 'pinhole-container-sound-'));
const inFolder = (name: string): string => join(folder, name);
afterAll(() => rmSync(folder, { recursive: true }));

needs('ffmpeg').describe('the sound of a file', () => {
  const makeClip = (name: string, coder: string): string => {
    const path = inFolder(name);
    const pictures = '-f lavfi -i testsrc2=size=160x120:rate=20';
    const tone = '-f lavfi -i sine=frequency=440:sample_rate=48000';
    const output = `-t 1 -c:v libx264 -bf 0 -g 10 -pix_fmt yuv420p ${coder}`;
    runFfmpeg(['-y', ...`${pictures} ${tone} ${output}`.split(' '), path]);
    return path;
  };

  it.for([
    ['mp4', '-c:a aac', 'aac', 1024 / 48_000],
    ['mkv', '-c:a libopus -b:a 64k', 'opus', 0.02],
  ] as const)(
    'comes from an %s beside its pictures, round after round',
    async ([ending, coder, codec, frameSeconds]) => {
      const path = makeClip(`sound.${ending}`, coder);
      const { units, sounds, source } = await play({ path, audio: 'on' }, 55);

      expect(sounds[0]?.parameters).toMatchObject({ codec, sampleRate: 48_000, channels: 1 });
      // Two rounds of a second and three quarters of another: no picture is without the sound that goes with it.
      expect(sounds.length).toBeGreaterThan(2.6 / frameSeconds);
      expect(source.counters.audioFrames).toBe(sounds.length);
      const steps = sounds.slice(1).map(({ pts }, i) => pts - (sounds[i]?.pts ?? 0));
      expect(Math.min(...steps)).toBeGreaterThan(0);
      expect(Math.max(...steps)).toBeLessThan(2 * frameSeconds * 1e6);
      const [first] = sounds;
      const [picture] = units;
      const apart = (first?.pts ?? 0) - (picture?.pts ?? 0);
      expect(Math.abs(apart)).toBeLessThan(50_000);
      expect((first?.captureTime ?? 0) - (picture?.captureTime ?? 0)).toBe(apart);
    },
  );

  it('stays in the file unless it is wanted', async () => {
    const { sounds } = await play({ path: makeClip('unwanted.mp4', '-c:a aac') }, 25);

    expect(sounds).toEqual([]);
  });

  it('that cannot be taken as it is costs no picture', async () => {
    const { units, sounds } = await play({ path: makeClip('ac3.mkv', '-c:a ac3'), audio: 'on' }, 25);

    expect(units).toHaveLength(25);
    expect(sounds).toEqual([]);
  });
});
