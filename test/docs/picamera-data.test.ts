import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { silentLogger } from '@pinhole/core';
import { type IpcFraming, IpcSocket, PASSED_OVER, REFUSALS } from '@pinhole/outputs/picamera';
import { CameraPropertyKey } from '@pinhole/protocol/picamera';
import { afterEach, describe, expect, it } from 'vitest';
import { PROPERTIES } from '../../packages/outputs/src/picamera/property/property-table.ts';
import { MOST_WAITING } from '../../packages/outputs/src/picamera/transfer/transfer-line.ts';
import { openPicameraRig } from '../support/picamera-rig.ts';
import { needs, thirdParty } from '../support/third-parties.ts';
import { codesIn, readPage, rowsWith } from './markdown.ts';

const PAGE = 'docs/picamera-data.md';

describe('the programs of the page', () => {
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill();
  });

  const blockOf = (language: string): string => {
    const blocks = readPage(PAGE).blocks.filter((block) => block.language === language);
    expect(blocks).toHaveLength(1);
    return blocks[0]?.text ?? '';
  };

  /** A page says something, and hears what the program answers. */
  async function answer(language: 'python' | 'mjs', framing: IpcFraming): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'ipc-docs-'));
    const program = join(folder, `program.${language === 'python' ? 'py' : 'mjs'}`);
    await writeFile(program, blockOf(language));
    const ipc = await IpcSocket.open({ path: join(folder, 'ipc.sock'), framing, log: silentLogger });
    try {
      const { enter } = await openPicameraRig({ ipc, wire: 'legacy' });
      const { reliable } = enter();
      const command = language === 'python' ? (thirdParty('python3') ?? '') : process.execPath;
      children.push(spawn(command, [program, ipc.path], { stdio: 'inherit' }));
      await expect.poll(() => ipc.clients, { timeout: 20_000 }).toBe(1);

      reliable.say(JSON.stringify({ type: 6, message: 'lamp on' }));
      await reliable.sentAtLeast(3);

      return Buffer.from(reliable.binary[1]?.subarray(1) ?? []).toString();
    } finally {
      await ipc.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  needs('python3').it('talk with a page, in Python', async () => {
    expect(await answer('python', 'framed')).toBe('done: lamp on');
  });

  it('talk with a page, in Node.js', async () => {
    expect(await answer('mjs', 'raw')).toBe('done: lamp on');
  });
});

describe('the page', () => {
  it('has every property that can be set, with the controls that it sets', () => {
    const names = new Map(Object.entries(CameraPropertyKey).map(([name, key]) => [key as number, name]));
    const settable = Object.entries(PROPERTIES).flatMap(([key, property]) =>
      'never' in property ? [] : [[names.get(Number(key)), property.map(({ control }) => control)] as const],
    );
    const rows = rowsWith(PAGE, 'Property').map((row) => ({
      properties: codesIn(row['Property'] ?? ''),
      controls: codesIn(row['Control'] ?? ''),
    }));

    expect(new Set(rows.flatMap(({ properties }) => properties))).toEqual(
      new Set(settable.map(([name]) => name)),
    );
    for (const { properties, controls } of rows) {
      const meant = settable.filter(([name]) => properties.includes(name ?? '')).flatMap(([, each]) => each);
      expect(new Set(meant)).toEqual(new Set(controls));
    }
  });

  it('has every counter', async () => {
    const { ipc } = await openPicameraRig();
    const named = (column: string): string[] =>
      rowsWith(PAGE, column).flatMap((row) => codesIn(row[column] ?? ''));

    expect(named('Refused')).toEqual(REFUSALS);
    expect(named('Passed over')).toEqual(PASSED_OVER);
    expect(new Set(named('Message'))).toEqual(new Set(Object.keys(ipc.counters)));
  });

  it('tells how many requests wait', () => {
    expect(MOST_WAITING).toBe(16);
  });
});
