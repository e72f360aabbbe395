import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boxesIn, movieFragmentRandomAccess, recordingHeader } from '@pinhole/media/fmp4';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fragmentOf, parametersOf, videoSamples } from '../../../../test/support/recording-samples.ts';
import { NODE_DISK } from './disk.ts';
import { newestFile, trimTornFile } from './torn-file.ts';

const disk = NODE_DISK;
let root = '';

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'pinhole-torn-'));
});
afterEach(() => rm(root, { recursive: true }));

const fragment = (sequenceNumber: number): Uint8Array =>
  fragmentOf([{ trackId: 1, baseDecodeTime: 0, samples: videoSamples('baseline') }], sequenceNumber).bytes;

const header = recordingHeader(parametersOf('baseline')).bytes;
const whole = Buffer.concat([header, fragment(1), fragment(2)]);

describe('trimTornFile', () => {
  it('cuts a file off behind its last whole fragment, wherever it was torn', async () => {
    const path = join(root, 'a.mp4');
    const ends = [...boxesIn(whole)]
      .filter(({ type }) => type === 'moov' || type === 'mdat')
      .map(({ offset, sizeBytes }) => offset + sizeBytes);

    for (let size = header.byteLength; size <= whole.byteLength; size += 13) {
      await writeFile(path, whole.subarray(0, size));

      const cut = await trimTornFile(path, { disk });

      const end = ends.findLast((each) => each <= size);
      expect((await readFile(path)).byteLength).toBe(end);
      expect(cut).toBe(size - (end ?? 0));
    }
  });

  it.each([
    ['is whole', whole],
    ['was closed', Buffer.concat([whole, movieFragmentRandomAccess([{ time: 0, moofOffset: 9 }])])],
    ['has no whole header', whole.subarray(0, 40)],
    ['is no recording', Buffer.from('somebody put this here, and it is not ours')],
    ['is empty', Buffer.alloc(0)],
  ])('leaves a file alone that %s', async (_, content) => {
    const path = join(root, 'a.mp4');
    await writeFile(path, content);

    expect(await trimTornFile(path, { disk })).toBe(0);
    expect(await readFile(path)).toEqual(Buffer.from(content));
  });
});

it('the newest file is that which was changed last, whatever the names say', async () => {
  const old = join(root, '20261025/03');
  const latest = join(root, '20261025/02');
  await mkdir(old, { recursive: true });
  await writeFile(join(old, '20261025_030000.mp4'), '');
  await mkdir(latest, { recursive: true });
  for (const name of ['20261025_021000.mp4', '20261025_021000_2.mp4', 'z.mp4', '20261025_021000.jpg']) {
    await writeFile(join(latest, name), '');
  }
  await utimes(join(latest, '20261025_021000.mp4'), 5, 5);
  await utimes(old, 5, 5);

  expect(await newestFile(root, { disk })).toBe(join(latest, '20261025_021000_2.mp4'));
  await expect(newestFile(join(root, 'none'), { disk })).rejects.toThrowError('ENOENT');
  expect(await newestFile(old, { disk })).toBeUndefined();
});
