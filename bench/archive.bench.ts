import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { micros } from '@pinhole/core';
import { writeLargeRecording, writeLibrary } from '../test/support/recorded-library.ts';
import type { ArchiveReader } from './children/archive-reader.ts';
import { type Child, openChild } from './support/child.ts';
import type { Bench, BenchContext, Figure } from './support/figure.ts';
import { rssMbOf } from './support/machine.ts';

const FILES = 100_000;
const LARGE_BYTES = 10 ** 9;
const QUERY_TARGET_MS = 20;
const START = micros(Date.UTC(2026, 0, 1) * 1000);
const MINUTE = micros(60_000_000);
const SAMPLE_EVERY_MS = 20;

/** How soon recordings are found, and what it takes to hand out a large one. */
export const bench: Bench = {
  title: 'Recordings',
  about: `${FILES.toLocaleString('en')} recordings of a minute each in a folder (short ones on the disk). Questions: the 99th percentile of 400 at random places. Index: without one, until all are known by name and until all are read; with one, until it is taken in; and the repeated look for what others changed. Download: how much the resident memory of the server grows while 1 GB goes out, as a file and as footage, by the fastest reader of the same machine.`,
  needs: ['linux'],
  run: async (context) => [...(await measureIndex(context)), ...(await measureDownload(context))],
};

const folderFor = (context: BenchContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'pinhole-bench-'));
  context.defer(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

async function measureIndex(context: BenchContext): Promise<readonly Figure[]> {
  const root = folderFor(context);
  writeLibrary(root, { count: FILES, start: START, every: MINUTE });
  const child = await openChild<ArchiveReader>(context, 'archive-reader');
  const without = await child.ask('open', { root, files: FILES });
  await child.close();
  const reader = await openChild<ArchiveReader>(context, 'archive-reader');
  const before = rssMbOf(reader.pid);
  const withIndex = await reader.ask('open', { root, files: FILES });
  const sweepMs = await reader.ask('sweep');
  const queries = await reader.ask('queries');
  const figures: Figure[] = Object.entries(queries).map(([name, value]) => ({
    name,
    measure: 'p99',
    value,
    unit: 'ms',
    target: QUERY_TARGET_MS,
  }));
  const read = (without.filesRead * 1000) / (without.readMs - without.listMs);
  figures.push(
    { name: 'no index: all known by name', measure: 'time', value: without.listMs, unit: 'ms' },
    { name: 'no index: all read', measure: 'time', value: without.readMs, unit: 'ms' },
    { name: 'no index: all read', measure: 'speed', value: read, unit: 'files/s' },
    { name: 'index taken in', measure: 'time', value: withIndex.openMs, unit: 'ms' },
    { name: 'index taken in', measure: 'memory', value: rssMbOf(reader.pid) - before, unit: 'MB' },
    { name: 'look for changes', measure: 'time', value: sweepMs, unit: 'ms' },
  );
  await reader.close();
  return figures;
}

async function measureDownload(context: BenchContext): Promise<readonly Figure[]> {
  const root = folderFor(context);
  writeLargeRecording(root, { start: START, sizeBytes: LARGE_BYTES });
  const child = await openChild<ArchiveReader>(context, 'archive-reader');
  await child.ask('open', { root, files: 1 });
  const port = await child.ask('serve');
  const figures: Figure[] = [];
  for (const [name, path] of [
    ['download of 1 GB', '/file'],
    ['footage of 1 GB', '/footage'],
  ] as const) {
    const { growthMb, megabytesPerSecond } = await download(child, `http://127.0.0.1:${port}${path}`);
    figures.push(
      { name, measure: 'memory', value: growthMb, unit: 'MB' },
      { name, measure: 'speed', value: megabytesPerSecond, unit: 'MB/s' },
    );
  }
  return figures;
}

async function download(
  child: Child<ArchiveReader>,
  url: string,
): Promise<{ readonly growthMb: number; readonly megabytesPerSecond: number }> {
  const before = rssMbOf(child.pid);
  let most = before;
  const watch = setInterval(() => {
    most = Math.max(most, rssMbOf(child.pid));
  }, SAMPLE_EVERY_MS);
  const startedAt = performance.now();
  const bytes = await new Promise<number>((resolve, reject) => {
    get(url, (response) => {
      let sum = 0;
      response.on('data', (chunk: Uint8Array) => {
        sum += chunk.byteLength;
      });
      response.on('end', () => resolve(sum));
      response.on('error', reject);
    }).on('error', reject);
  }).finally(() => clearInterval(watch));
  if (bytes < LARGE_BYTES * 0.99) throw new Error(`${bytes} bytes came of ${LARGE_BYTES}`);
  return { growthMb: most - before, megabytesPerSecond: bytes / 1000 / (performance.now() - startedAt) };
}
