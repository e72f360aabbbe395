import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openChromium } from '../../test/support/chromium.ts';
import { type HarnessPage, openHarness } from '../../test/support/harness/harness.ts';
import { type Pinhole, type PinholeOptions, startPinhole } from '../../test/support/pinhole.ts';
import type { BenchContext } from './figure.ts';

/** Cameras as they stand in a configuration file. */
export type CamerasConfig = Readonly<
  Record<string, string | { readonly source: string; readonly always: true }>
>;

/** Starts the program as a person does, with these cameras; it ends with the bench. */
export async function openPinhole(
  context: BenchContext,
  cameras: CamerasConfig,
  options: Pick<PinholeOptions, 'env' | 'args'> = {},
): Promise<Pinhole> {
  const folder = await mkdtemp(join(tmpdir(), 'pinhole-bench-'));
  context.defer(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'pinhole.yaml');
  // JSON is YAML too.
  await writeFile(file, JSON.stringify({ cameras }));
  const { args = [], ...rest } = options;
  const pinhole = await startPinhole({ ...rest, args: ['--config', file, ...args] });
  context.defer(() => pinhole.dispose());
  return pinhole;
}

/** Opens Chromium with the page of the harness on it; it ends with the bench. */
export async function openPage(context: BenchContext, pinhole: Pinhole): Promise<HarnessPage> {
  const browser = await openChromium();
  context.defer(() => browser.close());
  return openHarness(browser, pinhole);
}
