import { micros, PinholeError, silentLogger } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { Camera } from './camera.ts';
import type { CameraOptions } from './camera-options.ts';
import { fakeUnit } from './fake-units.ts';
import type { Source, SourceSink } from './source.ts';

/** A source whose hand is in the test. */
class HandSource implements Source {
  starts = 0;
  sink: SourceSink | undefined;
  giveUp: (error: unknown) => void = () => {};

  start(sink: SourceSink, { signal }: Parameters<Source['start']>[1]): Promise<void> {
    this.starts++;
    this.sink = sink;
    return new Promise((resolve, reject) => {
      this.giveUp = reject;
      signal.addEventListener('abort', resolve);
    });
  }

  requestKeyFrame(): void {}
  describe() {
    return { kind: 'hand', label: 'by hand', keyFrameOnRequest: false };
  }
  controls(): ReturnType<Source['controls']> {
    return [];
  }
  setControl(): Promise<void> {
    return Promise.resolve();
  }
}

const setUp = (options: Partial<CameraOptions> = {}) => {
  const clock = { second: 0 };
  const source = new HandSource();
  const camera = new Camera({
    id: 'door',
    source,
    now: () => micros(clock.second * 1e6),
    openAbort: () => new AbortController(),
    log: silentLogger,
    ...options,
  });
  const at = (second: number): Camera => {
    clock.second = second;
    camera.tick();
    return camera;
  };
  return { camera, source, at };
};

describe('demand', () => {
  it('starts the source at the first viewer and stops it ten seconds after the last', () => {
    const { camera, source, at } = setUp();
    const release = camera.acquire();
    camera.acquire()();
    release();
    expect(at(9.9).state.kind).toBe('connecting');
    expect(at(10).state.kind).toBe('idle');
    expect(source.starts).toBe(1);
  });

  it('keeps the source of an `always` camera running with nobody there', () => {
    const { source, at } = setUp({ always: true });
    at(0);
    at(1000);
    expect(source.starts).toBe(1);
    expect(at(1001).state.kind).toBe('connecting');
  });

  it('takes nothing from a source that was stopped', () => {
    const { camera, source, at } = setUp();
    camera.acquire()();
    at(10);
    source.sink?.write(fakeUnit({ sequence: 0, key: true }));
    source.sink?.state({ kind: 'live' });
    expect(camera.stream.counters.units).toBe(0);
    expect(camera.state.kind).toBe('idle');
  });
});

describe('waiting for a camera that is being started', () => {
  it('ends with the first key unit', async () => {
    const { camera, source } = setUp();
    camera.acquire();
    const ready = camera.ready({ deadline: micros(8e6) });
    source.sink?.write(fakeUnit({ sequence: 0, key: true }));
    await expect(ready).resolves.toMatchObject({ width: 320 });
    expect(camera.firstFrameDelay).toBe(0);
  });

  it('ends at its deadline, with the state of the source in words', async () => {
    const { camera, source, at } = setUp();
    camera.acquire();
    const ready = camera.ready({ deadline: micros(8e6) });
    source.sink?.state({
      kind: 'retrying',
      code: 'source/refused',
      why: 'no answer',
      retryInMs: 1500 as never,
    });
    at(8);
    await expect(ready).rejects.toThrowError(
      expect.objectContaining({
        code: 'camera/not-live',
        message: 'camera "door" has no picture: no answer; next try in 2 s',
      }),
    );
  });

  it('ends at once when the source gives up, and the next viewer tries again after a pause', async () => {
    const { camera, source, at } = setUp();
    camera.acquire();
    const ready = camera.ready({ deadline: micros(8e6) });
    source.giveUp(new PinholeError('source/file-not-found', 'no file "walk.mp4"'));

    await expect(ready).rejects.toThrowError(/walk\.mp4/);
    expect(camera.state).toEqual({
      kind: 'failed',
      code: 'source/file-not-found',
      why: 'no file "walk.mp4"',
    });
    camera.acquire();
    expect(source.starts).toBe(1);
    at(2);
    camera.acquire();
    expect(source.starts).toBe(2);
  });
});

describe('the newest JPEG picture', () => {
  const picture = (sequence: number) => ({
    data: Uint8Array.of(0xff, 0xd8),
    width: 64,
    height: 48,
    captureTime: micros(sequence),
    sequence,
  });

  it('tries a source that gave up again after a control was changed, for those who still watch', async () => {
    const { camera, source, at } = setUp();
    source.controls = () => [
      {
        id: 'fps',
        label: 'Frame rate',
        kind: 'range',
        applies: 'restart',
        min: 1,
        max: 60,
        step: 1,
        default: 30,
      },
    ];
    camera.acquire();
    source.giveUp(new PinholeError('source/refused', 'no such frame rate'));
    await Promise.resolve();
    await Promise.resolve();
    expect(camera.state.kind).toBe('failed');
    expect(at(5).state.kind).toBe('failed');

    await camera.controls.set('fps', 25, { by: 'ann' });

    expect(at(6).state.kind).toBe('connecting');
    expect(source.starts).toBe(2);
  });

  it('is there at once while the camera is live', async () => {
    const { camera, source } = setUp();
    camera.acquire('pictures');
    source.sink?.state({ kind: 'live' });
    source.sink?.picture?.(picture(0));
    source.sink?.picture?.(picture(1));

    await expect(camera.picture({ deadline: micros(8e6) })).resolves.toMatchObject({ sequence: 1 });
    expect(camera.firstFrameDelay).toBe(0);
  });

  it('is not one from before the camera was lost, but the next', async () => {
    const { camera, source } = setUp();
    camera.acquire('pictures');
    source.sink?.picture?.(picture(0));
    source.sink?.state({ kind: 'retrying', code: 'source/refused', why: 'no', retryInMs: 1 as never });
    const next = camera.picture({ deadline: micros(8e6) });

    source.sink?.picture?.(picture(1));

    await expect(next).resolves.toMatchObject({ sequence: 1 });
  });

  it('is waited for no longer than the deadline', async () => {
    const { camera, at } = setUp();
    camera.acquire('pictures');
    const none = camera.picture({ deadline: micros(8e6) });

    at(8);

    await expect(none).rejects.toMatchObject({ code: 'camera/not-live' });
  });
});

it('closes when its source has closed', async () => {
  const { camera, source } = setUp();
  camera.acquire();
  await camera.close();
  expect(camera.state.kind).toBe('idle');
  expect(source.starts).toBe(1);
});

it('is started by nobody once it is closed, and keeps nobody waiting', async () => {
  const { camera, source, at } = setUp({ always: true });
  camera.acquire();
  const waiting = camera.ready({ deadline: micros(1e12) });

  const closed = camera.close();

  await expect(waiting).rejects.toMatchObject({ code: 'camera/not-live' });
  await closed;
  camera.acquire();
  at(1);
  expect(source.starts).toBe(1);
  await expect(camera.ready({ deadline: micros(1e12) })).rejects.toMatchObject({ code: 'camera/not-live' });
});

it('holds on to nothing of a thousand runs of its source', async () => {
  const { camera, source, at } = setUp();
  const signals: AbortSignal[] = [];
  const start = source.start.bind(source);
  source.start = (sink, options) => {
    signals.push(options.signal as AbortSignal);
    return start(sink, options);
  };

  for (let run = 0; run < 1000; run++) {
    const release = camera.acquire();
    source.sink?.write(fakeUnit({ sequence: 0, key: true }));
    release();
    at((run + 1) * 10);
  }

  expect(source.starts).toBe(1000);
  expect(signals.every(({ aborted }) => aborted)).toBe(true);
  expect(camera.state.kind).toBe('idle');
  expect(camera.holders).toBe(0);
  await camera.close();
});
