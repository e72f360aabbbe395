import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { messageOf, PinholeError } from '@pinhole/core';
import { DEVICE_GROUPS, serviceUnit } from './unit.ts';

const run = promisify(execFile);

/** Where and as whom the service is installed. */
export interface ServiceRequest {
  readonly scope: 'system' | 'user';
  /** Who runs it; default: systemd makes a user, where that one can read the program. */
  readonly runAs?: string;
  /** The configuration file it reads, absolute. */
  readonly configFile?: string;
  /** Where tokens and certificates lie, absolute. */
  readonly dataFolder: string;
  /** Further folders that the configuration lets it write to, absolute. */
  readonly writable: readonly string[];
  /** Writes the unit below this folder and leaves systemd alone: for images, and to look at it first. */
  readonly root?: string;
}

/** The machine as the installation sees it. */
export interface ServiceHost {
  readonly node: string;
  /** The program's start file. */
  readonly script: string;
  readonly uid: number;
  /** Who called sudo. */
  readonly sudoUser?: string;
  readonly home: string;
}

/** This machine. */
export const thisHost = (script: string): ServiceHost => ({
  node: process.execPath,
  script,
  uid: process.getuid?.() ?? 0,
  ...(process.env['SUDO_USER'] !== undefined && { sudoUser: process.env['SUDO_USER'] }),
  home: homedir(),
});

const UNIT = 'pinhole.service';

/** Where a service of the machine keeps its state: `StateDirectory=pinhole`. */
export const STATE_FOLDER = '/var/lib/pinhole';

/**
 * Writes the unit, and enables and starts it where systemd runs.
 * @returns what was done and what is left to do, for people.
 * @throws {PinholeError} `service/needs-root`, `service/unreadable`, `service/cannot-write`, `service/systemd`
 */
export async function installService(request: ServiceRequest, host: ServiceHost): Promise<readonly string[]> {
  const file = unitFile(request, host);
  refuseWithoutRoot(request, host, 'install-service');
  const user = request.scope === 'system' ? await userFor(request, host) : undefined;
  const { dataFolder } = request;
  const config = request.configFile === undefined ? [] : ['--config', request.configFile];
  const unit = serviceUnit({
    scope: request.scope,
    command: [host.node, host.script, 'serve', ...config, '--data', dataFolder],
    ...(user !== undefined && { user }),
    groups: await existingGroups(),
    // systemd makes the folder of its own writable by itself.
    writable: [dataFolder, ...request.writable].filter((folder) => folder !== STATE_FOLDER),
    readsHome: [host.node, host.script, request.configFile ?? ''].some(inHome),
  });
  await write(file, unit);
  if (request.root !== undefined) return [`Wrote ${file}; systemd was left alone.`];
  const started = await systemctl(request, ['daemon-reload'], ['enable', '--now', UNIT]);
  return [`Wrote ${file}.`, ...started, ...next(request)];
}

/**
 * Stops the service and takes the unit away. Tokens and recordings stay.
 * @throws {PinholeError} `service/needs-root`, `service/not-installed`, `service/systemd`
 */
export async function removeService(
  request: Pick<ServiceRequest, 'scope' | 'root'>,
  host: ServiceHost,
): Promise<readonly string[]> {
  const file = unitFile(request, host);
  refuseWithoutRoot(request, host, 'uninstall-service');
  if (!(await exists(file)))
    throw new PinholeError('service/not-installed', `there is no ${file}; nothing to remove`);
  const stopped = request.root === undefined ? await systemctl(request, ['disable', '--now', UNIT]) : [];
  await rm(file);
  if (request.root === undefined) await systemctl(request, ['daemon-reload']);
  return [...stopped, `Removed ${file}. Tokens, certificates and recordings were left where they are.`];
}

const unitFile = (
  { scope, root = '' }: Pick<ServiceRequest, 'scope' | 'root'>,
  { home }: ServiceHost,
): string =>
  scope === 'system'
    ? join(root, '/etc/systemd/system', UNIT)
    : join(root, process.env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'systemd/user', UNIT);

function refuseWithoutRoot(
  { scope, root }: Pick<ServiceRequest, 'scope' | 'root'>,
  { uid }: ServiceHost,
  command: string,
): void {
  if (scope === 'user' || uid === 0 || root !== undefined) return;
  throw new PinholeError(
    'service/needs-root',
    `a service of the whole machine needs root: run sudo pinhole ${command}, or add --user for a service of your own`,
  );
}

/** A user of the service's own, unless it could not read the program; then whoever called sudo. */
async function userFor(
  { runAs, configFile }: ServiceRequest,
  host: ServiceHost,
): Promise<string | undefined> {
  if (runAs !== undefined) return runAs;
  const closed = await firstClosed([
    host.node,
    host.script,
    ...(configFile === undefined ? [] : [configFile]),
  ]);
  if (closed === undefined) return undefined;
  if (host.sudoUser !== undefined && host.sudoUser !== 'root') return host.sudoUser;
  throw new PinholeError(
    'service/unreadable',
    `a user of the service's own could not read ${closed}; name one who can with --run-as USER, or install the program where all can read it, e.g. below /opt`,
  );
}

/** The first of some files that somebody who is neither owner nor in its group cannot read. */
async function firstClosed(files: readonly string[]): Promise<string | undefined> {
  for (const file of files) {
    for (let path = file; path !== dirname(path); path = dirname(path)) {
      const { mode } = await stat(path);
      const needed = path === file ? 0o004 : 0o001;
      if ((mode & needed) === 0) return file;
    }
  }
  return undefined;
}

const inHome = (path: string): boolean => /^\/(?:home|root|run\/user)\//.test(path);

async function existingGroups(): Promise<readonly string[]> {
  const groups = await readFile('/etc/group', 'utf8').catch(() => '');
  return DEVICE_GROUPS.filter((name) => new RegExp(`^${name}:`, 'm').test(groups));
}

async function write(file: string, unit: string): Promise<void> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, unit, { mode: 0o644 });
  } catch (cause) {
    throw new PinholeError('service/cannot-write', `${file} cannot be written: ${messageOf(cause)}`, {
      cause,
    });
  }
}

/** Does nothing but say so where systemd does not run: in a container, in an image. */
async function systemctl(
  { scope }: Pick<ServiceRequest, 'scope'>,
  ...commands: readonly (readonly string[])[]
): Promise<readonly string[]> {
  const words = (command: readonly string[]) => [...(scope === 'user' ? ['--user'] : []), ...command];
  if (!(await exists('/run/systemd/system'))) {
    const later = commands.map((command) => `systemctl ${words(command).join(' ')}`).join(' && ');
    return [`systemd does not run here. Where it does: ${later}`];
  }
  for (const command of commands) {
    try {
      await run('systemctl', words(command));
    } catch (cause) {
      throw new PinholeError(
        'service/systemd',
        `systemctl ${words(command).join(' ')} failed: ${messageOf(cause)}`,
        { cause },
      );
    }
  }
  return [`systemctl ${words(commands.at(-1) ?? []).join(' ')}: done.`];
}

const next = ({ scope, dataFolder }: ServiceRequest): readonly string[] => {
  const own = scope === 'user' ? '--user ' : '';
  return [
    `How it does: systemctl ${own}status pinhole; its log: journalctl ${own}-u pinhole -f`,
    `The link to sign in with: ${scope === 'user' ? '' : 'sudo '}pinhole token link --data ${dataFolder}`,
    ...(scope === 'user'
      ? ['It runs while you are signed in. So that it starts with the machine: loginctl enable-linger']
      : []),
  ];
};

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
