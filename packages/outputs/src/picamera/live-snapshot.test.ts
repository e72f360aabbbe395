import { type Micros, micros, PinholeError, silentLogger } from '@pinhole/core';
import { Camera, type Source, type SourceSink } from '@pinhole/engine';
import { describe, expect, it } from 'vitest';
import { refusalOf } from '../../../../test/support/refusal-of.ts';
import { scriptedCamera } from '../../../../test/support/scripted-camera.ts';
import { liveSnapshot } from './live-snapshot.ts';

const clock = { now: micros(0) };
const now = (): Micros => clock.now;
const jpeg = Uint8Array.of(0xff, 0xd8, 0xff, 0xd9);

/** Takes a picture of what is there; says so a few times before. */
function snapshots(...faults: readonly string[]) {
  const asked: (number | undefined)[] = [];
  return {
    asked,
    take: (_stream: unknown, { quality }: { readonly quality?: number } = {}) => {
      const code = faults[asked.length];
      asked.push(quality);
      if (code !== undefined) return Promise.reject(new PinholeError(code, code));
      return Promise.resolve({ jpeg, captureTime: now(), width: 64, height: 48 });
    },
  };
}

const options = (taker: ReturnType<typeof snapshots>, quality = 30) => ({
  quality,
  snapshots: taker,
  now,
  signal: new AbortController().signal,
});

describe('a snapshot of a camera', () => {
  it('that nobody watches starts it for as long as it takes', async () => {
    const { camera, source } = scriptedCamera({ id: 'door', now });
    const taker = snapshots('snapshot/no-picture', 'snapshot/busy');

    const taken = liveSnapshot(camera, options(taker));
    expect([source.running, camera.holders]).toEqual([true, 1]);
    source.frame({ key: true });

    expect(await taken).toEqual(jpeg);
    expect(taker.asked).toEqual([30, 30, 30]);
    expect(camera.holders).toBe(0);
  });

  it('of the least quality is one all the same', async () => {
    const { camera, source } = scriptedCamera({ id: 'door', now });
    const taker = snapshots();

    const taken = liveSnapshot(camera, options(taker, 0));
    source.frame({ key: true });
    await taken;

    expect(taker.asked).toEqual([1]);
  });

  it('that has no picture in time is refused, and let go', async () => {
    const { camera } = scriptedCamera({ id: 'door', now });

    const taken = refusalOf(liveSnapshot(camera, options(snapshots())));
    clock.now = micros(clock.now + 9e6);
    camera.tick();

    expect(await taken).toBe('camera/not-live');
    expect(camera.holders).toBe(0);
  });

  it('that cannot be decoded is refused at once', async () => {
    const { camera, source } = scriptedCamera({ id: 'door', now });
    const taker = snapshots('snapshot/no-decoder');

    const taken = refusalOf(liveSnapshot(camera, options(taker)));
    source.frame({ key: true });

    expect(await taken).toBe('snapshot/no-decoder');
    expect(taker.asked).toHaveLength(1);
  });

  it('that makes JPEG itself is its own picture, without an encoder', async () => {
    let sink: SourceSink | undefined;
    const source: Source = {
      start: (to, { signal }) => {
        sink = to;
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
      },
      requestKeyFrame: () => {},
      describe: () => ({ kind: 'test', label: 'test', keyFrameOnRequest: false, jpeg: true }),
      controls: () => [],
      setControl: () => Promise.resolve(),
    };
    const openAbort = () => new AbortController();
    const camera = new Camera({ id: 'door', source, now, openAbort, log: silentLogger });
    const taker = snapshots();

    const taken = liveSnapshot(camera, options(taker));
    sink?.picture?.({ data: jpeg, width: 64, height: 48, captureTime: now(), sequence: 0 });

    expect(await taken).toEqual(jpeg);
    expect(taker.asked).toEqual([]);
  });
});
