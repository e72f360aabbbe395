import { execFileSync } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@pinhole/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hex } from '../../../../../test/support/hex.ts';
import { refusalOf } from '../../../../../test/support/refusal-of.ts';
import { type IpcAudience, IpcSocket, type IpcSocketOptions } from './ipc-socket.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const bytes = (words: string): Uint8Array => Buffer.from(words);

let folder: string;
let path: string;
const sockets: IpcSocket[] = [];
const programs: Socket[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ipc-'));
  path = join(folder, 'ipc.sock');
});
afterEach(async () => {
  for (const program of programs.splice(0)) program.destroy();
  for (const socket of sockets.splice(0)) await socket.close();
  await rm(folder, { recursive: true, force: true });
});

async function open(options: Partial<IpcSocketOptions> = {}): Promise<IpcSocket> {
  const socket = await IpcSocket.open({ path, framing: 'raw', log: silentLogger, ...options });
  sockets.push(socket);
  return socket;
}

/** A local program that keeps what it reads. */
async function connect(
  socket: IpcSocket,
): Promise<{ readonly program: Socket; readonly read: () => string }> {
  const before = socket.counters.clients + socket.counters.clientsRefused;
  const program = createConnection(socket.path);
  programs.push(program);
  const read: Buffer[] = [];
  program.on('data', (chunk: Buffer) => read.push(chunk));
  program.on('error', () => {});
  await expect
    .poll(() => socket.counters.clients + socket.counters.clientsRefused, { interval: 5 })
    .toBe(before + 1);
  return { program, read: () => Buffer.concat(read).toString() };
}

/** Somebody who hears all; behind when the test says so. */
function audience(socket: IpcSocket): IpcAudience & { readonly heard: Uint8Array[]; isBehind: boolean } {
  const listener = {
    heard: [] as Uint8Array[],
    isBehind: false,
    take: (message: Uint8Array) => {
      listener.heard.push(message);
    },
  };
  socket.join(listener);
  return listener;
}

describe('the raw socket', () => {
  it('makes a message of each read, of 1024 bytes at most, and a write of each message', async () => {
    const socket = await open();
    const viewer = audience(socket);
    const one = await connect(socket);
    const other = await connect(socket);

    one.program.write('x'.repeat(2500));
    await expect.poll(() => viewer.heard.length).toBe(3);
    socket.write(bytes('turn left'));
    await expect.poll(() => one.read() + other.read()).toBe('turn leftturn left');

    expect(viewer.heard.map(({ byteLength }) => byteLength)).toEqual([1024, 1024, 452]);
    expect(socket.counters).toMatchObject({
      fromLocal: 3,
      fromViewers: 1,
      toLocal: 2,
      clients: 2,
      unheard: 0,
    });
  });

  it('counts what nobody was there to hear', async () => {
    const socket = await open();

    socket.write(bytes('anybody?'));

    expect(socket.counters).toMatchObject({ fromViewers: 1, toLocal: 0, unheard: 1 });
  });

  it('takes 16 programs, and another one when one of them is gone', async () => {
    const socket = await open();
    for (let i = 0; i < 16; i++) await connect(socket);

    const seventeenth = await connect(socket);
    await expect.poll(() => seventeenth.program.destroyed).toBe(true);
    programs[0]?.destroy();
    await expect.poll(() => socket.clients).toBe(15);
    await connect(socket);

    expect(socket.counters).toMatchObject({ clients: 17, clientsRefused: 1 });
  });

  it('drops a program that does not read, and goes on for the others', async () => {
    const socket = await open();
    const good = await connect(socket);
    const slow = await connect(socket);
    slow.program.pause();
    const message = new Uint8Array(64 * 1024).fill(0x61);

    for (let i = 1; socket.counters.clientsDroppedSlow === 0 && i <= 200; i++) {
      socket.write(message);
      await expect.poll(() => good.read().length, { interval: 5 }).toBe(i * message.byteLength);
    }

    expect(socket.counters.clientsDroppedSlow).toBe(1);
    expect(socket.clients).toBe(1);
  });
});

describe('the framed socket', () => {
  it('puts four bytes of length before each message, both ways, however the bytes are cut', async () => {
    const socket = await open({ framing: 'framed' });
    const viewer = audience(socket);
    const { program, read } = await connect(socket);

    for (const byte of hex('00000002 6869 00000000 00000001 21')) {
      program.write(Uint8Array.of(byte));
      await new Promise(setImmediate);
    }
    await expect.poll(() => viewer.heard.map(text)).toEqual(['hi', '!']);
    socket.write(bytes('go'));

    await expect.poll(() => Buffer.from(read(), 'latin1').toString('hex')).toBe('00000002676f');
  });

  it('takes many messages of one write, and long ones', async () => {
    const socket = await open({ framing: 'framed' });
    const viewer = audience(socket);
    const { program } = await connect(socket);
    const long = new Uint8Array(65_535).fill(7);

    program.write(Buffer.concat([hex('00000001 61 0000ffff'), long, hex('00000001 62')]));
    await expect.poll(() => viewer.heard.length).toBe(3);

    expect(viewer.heard[1]).toEqual(long);
  });

  it('drops a program whose frame is too long, by name', async () => {
    const socket = await open({ framing: 'framed' });
    const { program } = await connect(socket);

    program.write(bytes('GET / HTTP/1.1'));

    await expect.poll(() => socket.counters.clientsDroppedMalformed).toBe(1);
    await expect.poll(() => program.destroyed).toBe(true);
  });
});

describe('a viewer that is behind', () => {
  it('holds local programs up until it has caught up, and loses nothing', async () => {
    const socket = await open();
    const viewer = audience(socket);
    const { program } = await connect(socket);

    viewer.isBehind = true;
    program.write('x'.repeat(10_240));
    await expect.poll(() => viewer.heard.length).toBe(1);
    viewer.isBehind = false;
    socket.caughtUp(viewer);

    await expect.poll(() => viewer.heard.length).toBe(10);
  });

  it('for too long holds nobody up any more', async () => {
    const socket = await open();
    const [stuck, live] = [audience(socket), audience(socket)];
    const { program } = await connect(socket);

    stuck.isBehind = true;
    program.write('x'.repeat(10_240));

    await expect.poll(() => live.heard.length, { timeout: 5000 }).toBe(10);
  });
});

describe('the place of the socket', () => {
  it('is for programs of the same user, unless others are let in', async () => {
    const own = await open();
    const shared = await open({ path: join(folder, 'shared.sock'), mode: 0o660 });

    expect((await stat(own.path)).mode & 0o777).toBe(0o600);
    expect((await stat(shared.path)).mode & 0o777).toBe(0o660);
  });

  it('is taken from a program that ended without removing it, and removed at the end', async () => {
    const leave = `const s = require('net').createServer(); s.listen(${JSON.stringify(path)}, () => process.kill(process.pid, 'SIGKILL'))`;
    expect(() => execFileSync(process.execPath, ['-e', leave], { stdio: 'ignore' })).toThrowError('SIGKILL');
    expect((await stat(path)).isSocket()).toBe(true);

    const socket = await open();
    await connect(socket);
    await socket.close();

    await expect(stat(path)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is not taken from one that listens, nor from a file', async () => {
    await open();
    await writeFile(join(folder, 'file'), 'mine');

    expect(await refusalOf(open())).toBe('ipc/in-use');
    expect(await refusalOf(open({ path: join(folder, 'file') }))).toBe('ipc/not-a-socket');
  });

  it('has to be a folder that is there, and not everybody else’s', async () => {
    const everybodys = join(folder, 'everybodys');
    await mkdir(everybodys);
    await chmod(everybodys, 0o777);

    expect(await refusalOf(open({ path: join(folder, 'gone/ipc.sock') }))).toBe('ipc/folder');
    expect(await refusalOf(open({ path: join(everybodys, 'ipc.sock') }))).toBe('ipc/folder');
    await chmod(everybodys, 0o1777);
    await open({ path: join(everybodys, 'ipc.sock') });
  });

  it.each(['relative.sock', `/tmp/${'x'.repeat(120)}`, '/tmp/nul\0.sock'])(
    'has to be a path: %j',
    async (bad) => {
      expect(await refusalOf(open({ path: bad }))).toBe('ipc/path');
    },
  );
});
