import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refusalOf } from '../../../../test/support/refusal-of.ts';
import { ConfinedFolder, type Refusal } from './confined-folder.ts';

const PATH = '20261121/17/20261121_170509.mp4';
const HOUR = '20261121/17';

describe('ConfinedFolder', () => {
  let base: string;
  let root: string;
  let folder: ConfinedFolder;
  const onRefusal = vi.fn<(refusal: Refusal, path: string) => void>();

  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'confined-'));
    root = join(base, 'camera');
    await mkdir(join(root, HOUR), { recursive: true });
    await mkdir(join(base, 'outside', '17'), { recursive: true });
    await writeFile(join(base, 'outside', 'secret'), 'secret');
    await writeFile(join(base, 'outside', '17', '20261121_170509.mp4'), 'secret');
    folder = new ConfinedFolder(root, { onRefusal });
    onRefusal.mockClear();
  });
  afterEach(() => rm(base, { recursive: true, force: true }));

  const read = async (path: string): Promise<string> => {
    const { handle } = await folder.open(path);
    const text = await handle.readFile('utf8');
    await handle.close();
    return text;
  };

  it('opens a recording', async () => {
    await writeFile(join(root, PATH), 'pictures');

    expect(await read(PATH)).toBe('pictures');
  });

  it('opens it where the root itself is reached by a link', async () => {
    await writeFile(join(root, PATH), 'pictures');
    await symlink(root, join(base, 'link'));
    folder = new ConfinedFolder(join(base, 'link'));

    expect(await read(PATH)).toBe('pictures');
  });

  it.each(['../outside/secret', '/etc/passwd', '20261121/17/..%2f..%2fsecret', `${PATH}\0`, '.index.jsonl'])(
    'refuses %j by its form alone',
    async (path) => {
      expect(await refusalOf(folder.open(path))).toBe('recording/bad-path');
      expect(await refusalOf(folder.remove(path))).toBe('recording/bad-path');
      expect(Object.values(folder.refused).reduce((sum, count) => sum + count)).toBe(2);
    },
  );

  it.each([
    ['the file is', async () => symlink(join(base, 'outside', 'secret'), join(root, PATH))],
    [
      'the file is, within the folder,',
      async () => {
        await writeFile(join(root, HOUR, '20261121_170510.mp4'), 'pictures');
        await symlink('20261121_170510.mp4', join(root, PATH));
      },
    ],
    [
      'the folder of the hour is',
      async () => {
        await rm(join(root, HOUR), { recursive: true });
        await symlink(join(base, 'outside', '17'), join(root, HOUR));
      },
    ],
    [
      'the folder of the day is',
      async () => {
        await rm(join(root, '20261121'), { recursive: true });
        await symlink(join(base, 'outside'), join(root, '20261121'));
      },
    ],
  ])('refuses what is reached by a link: %s one', async (_, arrange) => {
    await arrange();

    expect(await refusalOf(folder.open(PATH))).toBe('recording/symlink');
    expect(await refusalOf(folder.remove(PATH))).toBe('recording/symlink');
    expect(folder.refused.symlink).toBe(2);
    expect(onRefusal).toHaveBeenCalledWith('symlink', `"${PATH}"`);
    const left = execFileSync('find', [join(base, 'outside'), '-type', 'f'])
      .toString()
      .trim()
      .split('\n');
    expect(left).toHaveLength(2);
  });

  it('is not deceived by a folder that becomes a link while files are opened', async () => {
    await writeFile(join(root, PATH), 'pictures');
    const hour = join(root, HOUR);
    const swap = `while mv "${hour}" "${hour}-kept"; do
      ln -s "${join(base, 'outside', '17')}" "${hour}"; rm "${hour}"; mv "${hour}-kept" "${hour}"; sleep 0.0001
    done`;
    const swapping = spawn('sh', ['-c', swap]);
    const answers = new Map<string, number>();
    try {
      for (let i = 0; i < 3000; i++) {
        const answer = await read(PATH).catch(() => 'refused');
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
      }
    } finally {
      swapping.kill();
      await once(swapping, 'exit');
    }

    expect([...answers.keys()].toSorted()).toEqual(['pictures', 'refused']);
  });

  it('refuses a pipe at once, although nobody writes into it', async () => {
    execFileSync('mkfifo', [join(root, PATH)]);

    expect(await refusalOf(folder.open(PATH))).toBe('recording/not-a-file');
    expect(await refusalOf(folder.remove(PATH))).toBe('recording/not-a-file');
    expect(folder.refused['not-a-file']).toBe(2);
  });

  it('refuses a socket, a folder and a device', async () => {
    const server = createServer();
    const listening = new Promise((resolve) => server.listen(join(root, PATH), () => resolve(undefined)));
    await listening;
    expect(await refusalOf(folder.open(PATH))).toBe('recording/not-a-file');
    await new Promise((resolve) => server.close(resolve));

    await mkdir(join(root, PATH));
    expect(await refusalOf(folder.open(PATH))).toBe('recording/not-a-file');
    await rm(join(root, PATH), { recursive: true });

    if (process.getuid?.() === 0) execFileSync('mknod', [join(root, PATH), 'c', '1', '5']);
    else await mkdir(join(root, PATH));
    expect(await refusalOf(folder.open(PATH))).toBe('recording/not-a-file');
  });

  it('says that a recording is not there', async () => {
    expect(await refusalOf(folder.open(PATH))).toBe('recording/not-found');
    expect(await folder.remove(PATH)).toBeUndefined();
    expect(await refusalOf(folder.open('20271121/17/20271121_170509.mp4'))).toBe('recording/not-found');
  });

  it('deletes a recording, and only its own name of a file with two', async () => {
    await writeFile(join(root, PATH), 'pictures');
    await link(join(root, PATH), join(base, 'backup'));

    expect(await folder.remove(PATH)).toBe(8);
    expect(await refusalOf(folder.open(PATH))).toBe('recording/not-found');
    expect(execFileSync('cat', [join(base, 'backup')]).toString()).toBe('pictures');
  });
});
