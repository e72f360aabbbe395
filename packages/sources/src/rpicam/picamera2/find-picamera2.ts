import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Where our capture script lies, the same way from sources as from what is published. */
export const CAPTURE_SCRIPT = fileURLToPath(new URL('../../../python/picamera2_capture.py', import.meta.url));

const LIMIT_MS = 3_000;
/** Looks without importing it, which takes a Pi a second or two. */
const PROBE = 'import importlib.util as u, sys; sys.exit(u.find_spec("picamera2") is None)';

const found = new Map<string, boolean>();

/**
 * Whether this machine's Python has picamera2. Looked up once a process, and while the caller waits: what a camera can do
 * has to be known before it starts.
 */
export function hasPicamera2(env: NodeJS.ProcessEnv = process.env): boolean {
  const place = JSON.stringify([env['PATH'], env['PYTHONPATH']]);
  const known = found.get(place);
  if (known !== undefined) return known;
  const { status } = spawnSync('python3', ['-c', PROBE], { env, stdio: 'ignore', timeout: LIMIT_MS });
  found.set(place, status === 0);
  return status === 0;
}
