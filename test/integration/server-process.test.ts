import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { PROGRAM } from '../support/program.ts';

interface Run {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number | null>;
  /** Resolves with the link, once it is printed. */
  readonly link: Promise<string>;
}

describe('the program', () => {
  let folder: string;
  const runs: Run[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-process-'));
  });
  afterEach(async () => {
    for (const { child, ended } of runs.splice(0)) {
      child.kill('SIGKILL');
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  });

  function run(...words: string[]): Run {
    const child = spawn(process.execPath, [...PROGRAM, '--data', join(folder, 'state'), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', PORT: '' },
    });
    let [out, err] = ['', ''];
    const link = new Promise<string>((resolve) => {
      child.stdout.on('data', (part) => {
        out += String(part);
        const found = /^https?:\/\/\S+\/#token=\S+$/m.exec(out);
        if (found) resolve(found[0]);
      });
    });
    child.stderr.on('data', (part) => (err += String(part)));
    const ended = once(child, 'close').then(([code]) => code as number | null);
    const made = { child, out: () => out, err: () => err, ended, link };
    runs.push(made);
    return made;
  }

  it('prints a link that lets its reader in, says goodbye to viewers at SIGTERM, and exits 0', async () => {
    const pinhole = run('--port', '0', '--log-level', 'debug');
    const link = new URL(await pinhole.link);
    const token = link.hash.slice('#token='.length);
    const viewer = new WebSocket(`ws://localhost:${link.port}/live/test?token=${token}`, ['pinhole.live.v1']);
    const byes: unknown[] = [];
    viewer.on('message', (payload: Buffer, isBinary: boolean) => {
      if (!isBinary && payload.includes('"bye"')) byes.push(JSON.parse(payload.toString()));
    });
    await once(viewer, 'message');
    const gone = once(viewer, 'close');

    pinhole.child.kill('SIGTERM');

    expect(await pinhole.ended).toBe(0);
    expect((await gone)[0]).toBe(4410);
    expect(byes).toMatchObject([{ type: 'bye', code: 'shutdown' }]);
    expect(pinhole.err()).toContain('server stopped');
    expect(pinhole.err()).not.toContain(token);
  });

  it('exits 0 at SIGTERM although a viewer reads nothing and a request never ends', async () => {
    const pinhole = run('--port', '0', '--anonymous', 'view');
    const { port } = new URL(await pinhole.link);
    const viewer = new WebSocket(`ws://localhost:${port}/live/test`, ['pinhole.live.v1']);
    viewer.on('error', () => {}); // it is cut off
    await once(viewer, 'message');
    viewer.pause();
    const stream = await fetch(`http://localhost:${port}/cameras/test/stream.mp4`);
    expect(stream.status).toBe(200);

    pinhole.child.kill('SIGTERM');

    expect(await pinhole.ended).toBe(0);
    await stream.body?.cancel().catch(() => {});
    viewer.terminate();
  });

  it('exits at once at a second signal', async () => {
    const pinhole = run('--port', '0', '--anonymous', 'view');
    const { port } = new URL(await pinhole.link);
    const viewer = new WebSocket(`ws://localhost:${port}/live/test`, ['pinhole.live.v1']);
    viewer.on('error', () => {}); // it is cut off
    await once(viewer, 'message');
    viewer.pause();

    pinhole.child.kill('SIGINT');
    pinhole.child.kill('SIGTERM');

    expect([0, 1]).toContain(await pinhole.ended);
    viewer.terminate();
  });

  it('serves on when nobody reads its log any more', async () => {
    const pinhole = run('--port', '0', '--log-level', 'debug');
    const { origin } = new URL(await pinhole.link);

    pinhole.child.stderr?.destroy();
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await fetch(`${origin}/health`)).status);

    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    pinhole.child.kill('SIGTERM');
    expect(await pinhole.ended).toBe(0);
  });

  it('warns of passwords in a configuration that everybody may read', async () => {
    const file = join(folder, 'pinhole.yaml');
    await writeFile(file, 'cameras: { door: "rtsp://me:hunter2@127.0.0.1:1/x" }', { mode: 0o644 });

    const pinhole = run('--port', '0', '--config', file);
    await pinhole.link;

    expect(pinhole.err()).toContain('chmod 600');
    expect(pinhole.err()).not.toContain('hunter2');
    expect(pinhole.out()).not.toContain('hunter2');
  });

  it('says which port is in use and what to do', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;

    const pinhole = run('--port', String(port));

    expect(await pinhole.ended).toBe(1);
    expect(pinhole.err()).toContain(`port ${port} of 127.0.0.1 is in use`);
    expect(pinhole.err()).toContain('--port 0');
    expect(pinhole.out()).toBe('');
    other.close();
  });

  it('says that an address is not one of this machine', async () => {
    const pinhole = run('--port', '0', '--listen', '203.0.113.1');

    expect(await pinhole.ended).toBe(1);
    expect(pinhole.err()).toContain('cannot listen on "203.0.113.1"');
  });

  it('exits 2 at a wrong flag and at a wrong configuration, with place and suggestion', async () => {
    const file = join(folder, 'pinhole.yaml');
    await writeFile(file, 'port: 0\ncameras:\n  door:\n    source: synthetic\n    lable: Door\n');

    const [flag, config] = [run('--listn', '::'), run('--config', file)];

    expect(await flag.ended).toBe(2);
    expect(flag.err()).toBe(
      'pinhole: there is no flag --listn. Did you mean "--listen"? See pinhole --help\n',
    );
    expect(await config.ended).toBe(2);
    expect(config.err()).toContain(
      `${file}:5:5: cameras.door.lable: unknown key "lable". Did you mean "label"?`,
    );
  });

  it('speaks HTTPS with a certificate of its own', async () => {
    const pinhole = run('--port', '0', '--tls', 'auto');
    const link = new URL(await pinhole.link);

    const { subject, status } = await new Promise<{ subject: string; status: number | undefined }>(
      (resolve, reject) => {
        const request = httpsRequest(
          { host: 'localhost', port: link.port, path: '/health', rejectUnauthorized: false },
          (response) => {
            const socket = response.socket as import('node:tls').TLSSocket;
            resolve({
              subject: String(socket.getPeerCertificate().subjectaltname),
              status: response.statusCode,
            });
            response.resume();
          },
        );
        request.on('error', reject);
        request.end();
      },
    );

    expect(link.protocol).toBe('https:');
    expect(status).toBe(200);
    expect(subject).toContain('DNS:localhost');
    pinhole.child.kill('SIGTERM');
    expect(await pinhole.ended).toBe(0);
  });

  it('runs by its published name from a clone without a build, and passes signals and exit codes on', async () => {
    const start = (...words: string[]) =>
      spawn(process.execPath, ['apps/server/bin/pinhole.js', ...words], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    const [wrong, server] = [start('--nope'), start('--port', '0', '--data', join(folder, 'state'))];
    await once(server.stdout, 'data');

    server.kill('SIGTERM');

    expect((await once(server, 'close'))[0]).toBe(0);
    if (wrong.exitCode === null) await once(wrong, 'close');
    expect(wrong.exitCode).toBe(2);
  });

  it('prints help and version', async () => {
    const [help, version] = [run('--help'), run('--version')];

    expect(await help.ended).toBe(0);
    expect(help.out()).toContain('--camera ID=SOURCE');
    expect(await version.ended).toBe(0);
    expect(version.out()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
