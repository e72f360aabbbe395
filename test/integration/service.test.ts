import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { PROGRAM_SOURCE } from '../support/program.ts';

const run = promisify(execFile);

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinhole-service-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const pinhole = (...words: readonly string[]) =>
  run(process.execPath, [...PROGRAM_SOURCE, ...words], {
    env: { ...process.env, NODE_OPTIONS: '', XDG_CONFIG_HOME: '/home/pi/.config' },
  });

describe('install-service', () => {
  const systemUnit = () => join(folder, 'etc/systemd/system/pinhole.service');

  it('writes a unit that systemd finds nothing wrong with, and takes it away again', async () => {
    const { stdout } = await pinhole('install-service', '--root', folder);
    const verified = await run('systemd-analyze', ['verify', systemUnit()]);

    expect(stdout).toContain(`Wrote ${systemUnit()}`);
    expect(verified.stderr).toBe('');
    await pinhole('uninstall-service', '--root', folder);
    await expect(readFile(systemUnit())).rejects.toThrow('ENOENT');
    await expect(pinhole('uninstall-service', '--root', folder)).rejects.toThrow('nothing to remove');
  }, 30_000);

  it('leaves little for an intruder, as systemd rates it', async () => {
    await pinhole('install-service', '--root', folder);
    const { stdout } = await run('systemd-analyze', ['security', '--offline=yes', systemUnit()]);

    const exposure = Number(/exposure level for \S+: ([\d.]+)/.exec(stdout)?.[1]);
    expect(exposure).toBeLessThan(3);
  }, 30_000);

  it("writes one for a person's own systemd, which finds nothing wrong with it either", async () => {
    await pinhole('install-service', '--user', '--root', folder);
    const unit = join(folder, '/home/pi/.config/systemd/user/pinhole.service');
    const verified = await run('systemd-analyze', ['--user', 'verify', unit], {
      env: { ...process.env, XDG_RUNTIME_DIR: folder },
    });

    expect(verified.stderr).toBe('');
  }, 30_000);

  it('starts with the configuration that it was installed with', async () => {
    const config = join(folder, 'my cameras.yaml');
    await writeFile(config, 'port: 8181\ndata: /srv/pinhole\n');
    await pinhole('install-service', '--root', folder, '--config', config, '--run-as', 'pi');
    const unit = await readFile(systemUnit(), 'utf8');

    expect(unit).toContain(`serve --config "${config}" --data /srv/pinhole`);
    expect(unit).toContain('ReadWritePaths=/srv/pinhole');
    expect(unit).toContain('User=pi');
  }, 30_000);

  it('refuses a configuration that is wrong before anything is written', async () => {
    const config = join(folder, 'bad.yaml');
    await writeFile(config, 'prot: 8181\n');

    await expect(pinhole('install-service', '--root', folder, '--config', config)).rejects.toThrow(
      'Did you mean "port"?',
    );
    await expect(readFile(systemUnit())).rejects.toThrow('ENOENT');
  }, 30_000);
});

/** Takes what comes at a datagram socket, as systemd does; Node itself cannot. */
const LISTENER = `
import os, socket, sys
server = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
server.bind(sys.argv[1])
print('ready', flush=True)
while True:
    message, fds, flags, address = socket.recv_fds(server, 4096, 4)
    print(message.decode().replace('\\n', ' '), flush=True)
    for fd in fds: os.close(fd)
`;

describe('a service manager', () => {
  let listener: ChildProcess | undefined;
  let server: Pinhole | undefined;
  afterEach(async () => {
    await server?.dispose();
    listener?.kill();
  });

  it('is told when the program serves, that it is not stuck, and when it ends; the token is in no log', async () => {
    const socket = join(folder, 'notify');
    const data = join(folder, 'data');
    await mkdir(data, { mode: 0o700 });
    listener = spawn('/usr/bin/python3', ['-c', LISTENER, socket], { stdio: ['ignore', 'pipe', 'inherit'] });
    const told: string[] = [];
    listener.stdout?.on('data', (chunk) => told.push(...String(chunk).trim().split('\n')));
    await once(listener.stdout ?? listener, 'data');

    server = await startPinhole({
      dataFolder: data,
      env: { NOTIFY_SOCKET: socket, WATCHDOG_USEC: '600000' },
    });
    const { token } = server;
    await expect.poll(() => told.join('\n'), { timeout: 10_000 }).toMatch(/READY=1 STATUS=serves at http/);
    const pings = () => told.filter((message) => message.includes('WATCHDOG=1')).length;
    await expect.poll(pings, { timeout: 10_000 }).toBeGreaterThan(2);
    await server.stop();
    await expect.poll(() => told.join('\n'), { timeout: 10_000 }).toContain('STOPPING=1');

    const link = await pinhole('token', 'link', '--data', data);
    expect(link.stdout).toContain(token);
  }, 60_000);

  it('gets no token into its journal', async () => {
    const child = spawn(
      process.execPath,
      [...PROGRAM_SOURCE, '--port', '0', '--data', join(folder, 'journal')],
      {
        env: { ...process.env, NODE_OPTIONS: '', JOURNAL_STREAM: '8:1234' },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += String(chunk);
      });
    try {
      await expect.poll(() => output, { timeout: 20_000 }).toContain('pinhole token link --data');
      const token = await readFile(join(folder, 'journal/admin-token'), 'utf8');

      expect(token.length).toBeGreaterThan(20);
      expect(output).not.toContain(token.trim());
    } finally {
      if (child.exitCode === null && child.kill()) await once(child, 'exit');
    }
  }, 30_000);
});
