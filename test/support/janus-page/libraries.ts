import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const MODULES = join(import.meta.dirname, '../../../node_modules');

/** The releases of Janus's own library that are looked at: the last of each minor version that npm has. There is no 1.0. */
export const JANUS_RELEASES = ['1.1.4', '1.2.4', '1.3.3', '1.4.2'] as const;
/** One of them. */
export type JanusRelease = (typeof JANUS_RELEASES)[number];
/** The newest. */
export const NEWEST_JANUS = '1.4.2' satisfies JanusRelease;

const PACKAGES: Readonly<Record<JanusRelease, string>> = {
  '1.1.4': 'janus-gateway-1-1',
  '1.2.4': 'janus-gateway-1-2',
  '1.3.3': 'janus-gateway-1-3',
  '1.4.2': 'janus-gateway',
};

/**
 * A file of a release as it is published: `module` is what bundlers take, `script` what pages load.
 * @throws {Error} when npm put another release there
 */
export function libraryFile(release: JanusRelease, form: 'module' | 'script'): string {
  const folder = join(MODULES, PACKAGES[release]);
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  if (version !== release) throw new Error(`${folder} is ${version}, and not ${release}`);
  const file = form === 'module' ? 'dist/janus.es.js' : 'src/janus.js';
  const within = existsSync(join(folder, 'npm')) ? join(folder, 'npm') : folder;
  return join(within, file);
}

/** The adapter that the library wants beside it. */
export const ADAPTER_FILE = join(MODULES, 'webrtc-adapter/out/adapter.js');
