import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { captureByV4l2Ctl } from '../capture/capture-by-v4l2-ctl.ts';
import { V4l2Error } from '../v4l2-error.ts';
import { deviceFault } from './device-fault.ts';
import { parseControls } from './parse-controls.ts';
import { parseDevice } from './parse-device.ts';
import type { V4l2Access } from './v4l2-access.ts';

const TIMEOUT_MS = 5_000;
const MOST_OUTPUT_BYTES = 2 ** 20;
const HOW_TO_GET =
  'the program v4l2-ctl is missing: install it (Debian, Ubuntu, Raspberry Pi OS: apt install v4l-utils)';

/** Access to devices by the program `v4l2-ctl`, which has to be in PATH. */
export const v4l2Ctl: V4l2Access = {
  inspect: async (path) =>
    parseDevice(path, await ask(path, ['--info', '--list-formats-ext', '--list-ctrls-menus'])),
  controls: async (path) => parseControls(await ask(path, ['--list-ctrls-menus'])),
  setControls: async (path, values) => {
    if (values.size === 0) return;
    const pairs = [...values].map(([name, value]) => `${name}=${value}`);
    await ask(path, [`--set-ctrl=${pairs.join(',')}`]);
  },
  capture: (path, mode, options) =>
    captureByV4l2Ctl(
      { v4l2Ctl: findProgram('v4l2-ctl') ?? 'v4l2-ctl', stdbuf: findProgram('stdbuf') },
      path,
      mode,
      options,
    ),
};

/** Runs the program on a device. @returns what it wrote. */
async function ask(path: string, parts: readonly string[]): Promise<string> {
  const program = findProgram('v4l2-ctl');
  if (program === undefined) throw new V4l2Error('source/no-program', HOW_TO_GET);
  await access(path, constants.R_OK | constants.W_OK).catch(async (cause: unknown) => {
    throw await deviceFault(path, String(cause), { cause });
  });
  const { error, stdout, stderr } = await new Promise<{
    readonly error: Error | null;
    readonly stdout: string;
    readonly stderr: string;
  }>((resolve) => {
    const options = { timeout: TIMEOUT_MS, maxBuffer: MOST_OUTPUT_BYTES, killSignal: 'SIGKILL' as const };
    execFile(program, ['-d', path, ...parts], options, (failed, out, err) =>
      resolve({ error: failed, stdout: out, stderr: err }),
    );
  });
  // It ends with 0 though a control was refused, and says so on standard error only.
  if (error !== null || /failed|unknown control|error/i.test(stderr))
    throw await deviceFault(
      path,
      `${stderr.trim()} ${stdout.includes('\n') ? '' : stdout}`.trim() || String(error),
      {
        cause: error ?? undefined,
      },
    );
  return stdout;
}

function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false; // not here
      }
    });
}
