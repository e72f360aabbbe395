import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { BEEPING_RATE, beepingClip, beepsAt, type ClipSound } from '../support/beeping-clip.ts';
import { beepsIn } from '../support/beeps.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { filesBelow, frameNumbersOf, packetTimes, probe } from '../support/recorder-rig.ts';
import { type RtspServer, startRtspServer } from '../support/rtsp-server.ts';
import { needs } from '../support/third-parties.ts';

const SIZE = { width: 320, height: 180 };
const SEGMENT_SECONDS = 4;
const RECORDED_MS = 15_000;
/** The camera reports its clock every five seconds. */
const CLOCK_KNOWN_SECONDS = 8;
/** One part of the border of what people notice (ITU-R BT.1359). */
const LARGEST_OFFSET = 0.06;

interface Recorded {
  readonly camera: string;
  readonly codec: 'aac' | 'opus';
  readonly mount: string;
  readonly audio: string;
}

const CAMERAS: readonly Recorded[] = [
  { camera: 'aac-as-it-comes', mount: '/aac', audio: 'auto', codec: 'aac' },
  { camera: 'opus-as-it-comes', mount: '/opus', audio: 'auto', codec: 'opus' },
  { camera: 'pcmu-to-aac', mount: '/pcmu', audio: 'auto', codec: 'aac' },
  { camera: 'opus-to-aac', mount: '/opus', audio: 'aac', codec: 'aac' },
  { camera: 'aac-to-opus', mount: '/aac', audio: 'opus', codec: 'opus' },
  { camera: 'pcmu-by-ffmpeg', mount: '/pcmu?via=ffmpeg', audio: 'auto', codec: 'aac' },
  { camera: 'aac-by-udp', mount: '/aac?transport=udp', audio: 'aac', codec: 'aac' },
];

/** A digest of each frame of sound in a file, in their order. */
function packetHashes(file: string): readonly string[] {
  const args = '-v error -select_streams a:0 -show_data_hash md5 -show_entries packet=data_hash -of csv=p=0';
  const { stdout } = spawnSync('ffprobe', [...args.split(' '), file], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
  });
  return stdout.split('\n').filter(Boolean);
}

/** Seconds of a frame of each. */
const FRAME: Readonly<Record<Recorded['codec'], number>> = { aac: 1024 / 48_000, opus: 0.02 };

needs('gst-rtsp-server', 'ffmpeg', 'node-av').describe('recordings with sound', () => {
  let folder: string;
  let server: RtspServer;
  const clips = new Map<string, string>();
  let pinhole: Pinhole;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-sound-'));
    const clip = async (sound: ClipSound): Promise<string> => {
      const path = await beepingClip({ sound, seconds: 40, ...SIZE, format: 'mkv' });
      clips.set(`/${sound}`, path);
      return path;
    };
    server = await startRtspServer({
      mounts: {
        '/aac': { file: await clip('aac'), sound: 'aac' },
        '/opus': { file: await clip('opus'), sound: 'opus' },
        '/pcmu': { file: await clip('pcmu'), sound: 'pcmu' },
      },
    });
    const root = join(folder, 'recordings');
    await mkdir(root);
    const config = {
      cameras: Object.fromEntries([
        ...CAMERAS.map(({ camera, mount, audio }) => [
          camera,
          { source: server.url(mount), record: 'background', audio },
        ]),
        ['silent', { source: server.url('/aac'), record: 'background' }],
      ]),
      recordings: { root, segmentSeconds: SEGMENT_SECONDS, keepFreeMegabytes: 0 },
    };
    await writeFile(join(folder, 'pinhole.yaml'), stringify(config));
    pinhole = await startPinhole({ args: ['--config', join(folder, 'pinhole.yaml')] });
    // Encoders of seven cameras that start at once take their time.
    await vi.waitUntil(areHeard, { timeout: 60_000, interval: 1000 });
    await new Promise((resolve) => setTimeout(resolve, RECORDED_MS));
    await pinhole.stop();
  }, 120_000);

  afterAll(async () => {
    await pinhole?.dispose();
    await server?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const filesOf = async (camera: string): Promise<readonly string[]> => {
    const below = join(folder, 'recordings', camera);
    if (!existsSync(below)) return [];
    return (await filesBelow(below)).map((file) => join(below, file));
  };

  const codecsOf = (file: string): readonly string[] => probe(file).streams.map((stream) => stream.codec);

  /** Whether each camera's newest file that is closed has sound. */
  const areHeard = async (): Promise<boolean> => {
    const files = await Promise.all(CAMERAS.map(async ({ camera }) => (await filesOf(camera)).at(-2)));
    return files.every((file, i) => file !== undefined && codecsOf(file).includes(CAMERAS[i]?.codec ?? ''));
  };

  /** When a file begins, on the time line of the clip, as its pictures tell. */
  const beginOf = (file: string): number => {
    const [first = 0] = frameNumbersOf(file, SIZE);
    return first / BEEPING_RATE - (packetTimes(file)[0] ?? 0);
  };

  it.for(CAMERAS)(
    '$camera: files have pictures and $codec, which players can read',
    async ({ camera, codec }) => {
      const files = (await filesOf(camera)).map(codecsOf);

      // Those that begin before an encoder gave its first sound have none.
      const heard = files.slice(files.findIndex((codecs) => codecs.length > 1));
      expect(heard.length).toBeGreaterThanOrEqual(3);
      for (const codecs of heard) expect(codecs).toEqual(['h264', codec]);
    },
  );

  it.for(CAMERAS)(
    '$camera: sound goes on without a hole, over the borders of files too',
    async ({ camera, codec }) => {
      const files = await filesOf(camera);
      const times = files.flatMap((file) => {
        const begin = beginOf(file);
        return packetTimes(file, 'a:0').map((time) => begin + time);
      });

      const steps = times.slice(1).map((time, i) => time - (times[i] ?? 0));
      expect(times.length).toBeGreaterThan(400);
      expect(Math.min(...steps)).toBeGreaterThan(0);
      // Until the camera reported its clock, within its first seconds, the sound is placed by when it came; then moved to where
      // that says.
      const isMoved = (step: number): boolean => step >= 2 * FRAME[codec];
      expect(steps.filter(isMoved).length).toBeLessThanOrEqual(2);
      for (const step of steps.filter(isMoved)) expect(step - FRAME[codec]).toBeLessThan(0.045);
      const known = times.findIndex((time) => time > (times[0] ?? 0) + CLOCK_KNOWN_SECONDS);
      expect(known).toBeGreaterThan(0);
      expect(steps.slice(known).filter(isMoved)).toEqual([]);
    },
  );

  it.for(CAMERAS.filter(({ camera }) => camera.endsWith('as-it-comes')))(
    '$camera: what was recorded is what the camera sent, frame by frame',
    async ({ camera, mount }) => {
      const files = await filesOf(camera);
      const recorded = files.flatMap(packetHashes);

      expect(recorded.length).toBeGreaterThan(400);
      expect(packetHashes(clips.get(mount) ?? '').join('\n')).toContain(recorded.join('\n'));
    },
  );

  it.for(CAMERAS)('$camera: each beep stands beside its picture', async ({ camera }) => {
    const files = await filesOf(camera);
    const heard = files.flatMap((file) => {
      const [soundFrom] = packetTimes(file, 'a:0');
      if (soundFrom === undefined) return [];
      const begin = beginOf(file) + soundFrom;
      return beepsIn(file)
        .filter((at) => at > 0.1) // one that a border cuts seems to begin there
        .map((at) => begin + at);
    });

    const offsets = heard.map((at) => at - Math.round(at));
    const sorted = offsets.toSorted((a, b) => a - b);
    console.log(
      `${camera}: ${heard.length} beeps, sound after picture ${((sorted[0] ?? 0) * 1000).toFixed(1)} to ${((sorted.at(-1) ?? 0) * 1000).toFixed(1)} ms`,
    );
    expect(heard.length).toBeGreaterThanOrEqual(7);
    for (const offset of offsets) expect(Math.abs(offset)).toBeLessThan(LARGEST_OFFSET);
    for (const at of heard) expect(beepsAt(Math.round(at))).toBe(true);
  });

  it('are without, and nobody asks for it, unless somebody wants it', async () => {
    const files = await filesOf('silent');

    expect(files.length).toBeGreaterThanOrEqual(3);
    for (const file of files) expect(probe(file).streams.map(({ codec }) => codec)).toEqual(['h264']);
  });
});
