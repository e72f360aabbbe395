import { micros, millis, type PinholeError } from '@pinhole/core';
import type { StreamUnit } from '@pinhole/engine';
import { FfmpegError, type JpegPicture, type JpegRequest } from '@pinhole/ffmpeg';
import { describe, expect, it } from 'vitest';
import { createSnapshots, type SnapshotsOptions } from './snapshots.ts';

const PARAMETERS = {
  sps: new Uint8Array(),
  pps: [],
  codec: 'avc1.42c01f',
  profileLevelId: '42c01f',
  width: 640,
  height: 360,
  bFrames: false,
};

const unit = (fields: { id: number; pts?: number; droppable?: boolean; bytes?: number }): StreamUnit => ({
  data: new Uint8Array(fields.bytes ?? 10).fill(fields.id),
  nalUnits: [],
  key: fields.id === 0,
  captureTime: micros(1000 + fields.id),
  pts: micros(fields.pts ?? fields.id),
  dts: micros(fields.id),
  sequence: fields.id,
  droppable: fields.droppable ?? false,
  parameters: PARAMETERS,
});

const GOP = [unit({ id: 0 }), unit({ id: 1 }), unit({ id: 2 })];

function setUp(options: Partial<SnapshotsOptions> = {}, gop: readonly StreamUnit[] = GOP) {
  const requests: JpegRequest[] = [];
  const answers: ((picture: JpegPicture) => void)[] = [];
  let now = 0;
  const snapshots = createSnapshots({
    decoder: {
      decode: async (request) => {
        requests.push(request);
        return await new Promise((resolve) => answers.push(resolve));
      },
    },
    now: () => millis(now),
    ...options,
  });
  const stream = { snapshotUnits: () => gop };
  return {
    snapshots,
    stream,
    requests,
    pass: (durationMs: number) => {
      now += durationMs;
    },
    answer: async () => {
      await settled();
      answers.shift()?.({ jpeg: Uint8Array.of(0xff, 0xd8), width: 640, height: 360 });
      await settled();
    },
  };
}

/** Lets everything run that waits for nothing. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const codeOf = async (promise: Promise<unknown>): Promise<string> =>
  await promise.then(
    () => 'none',
    (thrown: unknown) => (thrown as PinholeError).code,
  );

describe('taking a snapshot', () => {
  it('decodes the cached pictures and tells when the newest was taken', async () => {
    const { snapshots, stream, requests, answer } = setUp();

    const taken = snapshots.take(stream, { quality: 50, widthPixels: 320 });
    await answer();

    expect(await taken).toMatchObject({ width: 640, height: 360, captureTime: 1002 });
    expect(requests).toMatchObject([{ quality: 50, widthPixels: 320 }]);
    expect(requests[0]?.units.map((data) => data[0])).toEqual([0, 1, 2]);
  });

  it('leaves out what no other picture needs, save the one that is shown last', async () => {
    const gop = [
      unit({ id: 0, pts: 0 }),
      unit({ id: 1, pts: 3 }),
      unit({ id: 2, pts: 1, droppable: true }),
      unit({ id: 3, pts: 4, droppable: true }),
    ];
    const { snapshots, stream, requests, answer } = setUp({}, gop);

    const taken = snapshots.take(stream);
    await answer();

    expect((await taken).captureTime).toBe(1003);
    expect(requests[0]?.units.map((data) => data[0])).toEqual([0, 1, 3]);
  });

  it('decodes no more than its bounds allow', async () => {
    const gop = Array.from({ length: 20 }, (_, id) => unit({ id, bytes: 100 }));
    const byCount = setUp({ work: { maxUnits: 5 } }, gop);
    const byBytes = setUp({ work: { maxBytes: 750 } }, gop);

    const both = Promise.all([
      byCount.snapshots.take(byCount.stream),
      byBytes.snapshots.take(byBytes.stream),
    ]);
    await byCount.answer();
    await byBytes.answer();

    expect((await both).map((snapshot) => snapshot.captureTime)).toEqual([1004, 1006]);
  });

  it('shares one decoding among those who ask at the same time', async () => {
    const { snapshots, stream, requests, answer } = setUp();

    const all = Promise.all([snapshots.take(stream), snapshots.take(stream), snapshots.take(stream)]);
    await answer();
    const [first, second, third] = await all;

    expect(requests).toHaveLength(1);
    expect(second).toBe(first);
    expect(third).toBe(first);
  });

  it('decodes one at a time per stream, and streams side by side', async () => {
    const { snapshots, stream, requests, answer } = setUp();
    const other = { snapshotUnits: () => GOP };

    const all = Promise.all([
      snapshots.take(stream, { quality: 10 }),
      snapshots.take(stream, { quality: 20 }),
      snapshots.take(other, { quality: 30 }),
    ]);
    await settled();
    expect(requests.map((request) => request.quality)).toEqual([10, 30]);
    await answer();
    await answer();
    await answer();
    await all;

    expect(requests.map((request) => request.quality)).toEqual([10, 30, 20]);
  });

  it('gives the last one again as long as it is young enough', async () => {
    const { snapshots, stream, requests, pass, answer } = setUp();
    const first = snapshots.take(stream);
    await answer();

    pass(900);
    expect(await snapshots.take(stream, { maxAgeMs: millis(1000) })).toBe(await first);
    pass(200);
    const fresh = snapshots.take(stream, { maxAgeMs: millis(1000) });
    await answer();

    expect(await fresh).not.toBe(await first);
    expect(requests).toHaveLength(2);
  });
});

describe('refusing a snapshot', () => {
  it('says how to get a decoder where there is none', async () => {
    const snapshots = createSnapshots({});

    await expect(snapshots.take({ snapshotUnits: () => GOP })).rejects.toMatchObject({
      code: 'snapshot/no-decoder',
      message: expect.stringContaining('npm install node-av'),
    });
  });

  it('passes on that FFmpeg is missing, and what else went wrong', async () => {
    const failing = (code: 'ffmpeg/missing' | 'ffmpeg/crashed') =>
      createSnapshots({ decoder: { decode: () => Promise.reject(new FfmpegError(code, 'why')) } }).take({
        snapshotUnits: () => GOP,
      });

    expect(await codeOf(failing('ffmpeg/missing'))).toBe('snapshot/no-decoder');
    expect(await codeOf(failing('ffmpeg/crashed'))).toBe('snapshot/failed');
  });

  it('decodes anew after a failure', async () => {
    let calls = 0;
    const snapshots = createSnapshots({
      decoder: {
        decode: () =>
          ++calls === 1
            ? Promise.reject(new Error('no'))
            : Promise.resolve({ jpeg: new Uint8Array(), width: 2, height: 2 }),
      },
    });
    const stream = { snapshotUnits: () => GOP };

    expect(await codeOf(snapshots.take(stream))).toBe('snapshot/failed');
    expect(await codeOf(snapshots.take(stream))).toBe('none');
  });

  it.each([
    ['snapshot/bad-option', { quality: 0 }],
    ['snapshot/bad-option', { quality: 101 }],
    ['snapshot/bad-option', { quality: 1.5 }],
    ['snapshot/bad-option', { widthPixels: 9000 }],
  ])('%s for %j', async (code, request) => {
    const { snapshots, stream } = setUp();

    expect(await codeOf(snapshots.take(stream, request))).toBe(code);
  });

  it('has none of a camera that has not sent a picture', async () => {
    const { snapshots, stream } = setUp({}, []);

    expect(await codeOf(snapshots.take(stream))).toBe('snapshot/no-picture');
  });

  it('does not let the line grow without bound', async () => {
    const { snapshots, stream } = setUp();
    for (let quality = 1; quality <= 8; quality++) void snapshots.take(stream, { quality });

    expect(await codeOf(snapshots.take(stream, { quality: 9 }))).toBe('snapshot/busy');
  });
});
