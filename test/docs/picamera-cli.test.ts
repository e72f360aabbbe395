import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseCommandLine } from '../../apps/server/src/cli/parse-command-line.ts';
import { findFlag, PICAMERA_FLAGS } from '../../apps/server/src/cli/picamera/flag-table.ts';
import type { FlagValue } from '../../apps/server/src/cli/picamera/picamera-flag.ts';
import { blocksOf, codesIn, rowsWith } from './markdown.ts';

const PAGE = 'docs/picamera-cli.md';
const rows = rowsWith(PAGE, 'Flag');

/** What the page has to say of a flag's values. */
function valuesOf(value: FlagValue): string {
  switch (value.kind) {
    case 'switch':
      return '';
    case 'text':
      return 'text';
    case 'form':
      return `e.g. ${value.example}`;
    case 'word':
      return value.words.map((word) => `\`${word}\``).join(', ');
    case 'number':
      return `${value.min} to ${value.max}`;
  }
}

const code = (text: string | undefined): string => (text === undefined || text === '' ? '—' : `\`${text}\``);

describe('the page on the command line of pi-webrtc', () => {
  it('has every flag as the program has it', () => {
    expect(rows).toEqual(
      PICAMERA_FLAGS.map(({ name, value, default: without, key, effect, older = [] }) => ({
        Flag: `\`--${name}\``,
        Values: valuesOf(value),
        'pi-webrtc’s default': code(without),
        Key: code(key),
        Effect: effect,
        Also: older.map((other) => `\`--${other}\``).join(', '),
      })),
    );
  });

  it('names keys that the configuration has', () => {
    const known = [
      ...rowsWith('docs/configuration.md', 'Key').flatMap((row) => codesIn(row['Key'] ?? '')),
      ...rowsWith('docs/raspberry-pi.md', 'Setting')
        .flatMap((row) => codesIn(row['Setting'] ?? ''))
        .map((setting) => `cameras.ID.settings.${setting.split('=', 1)[0]}`),
      'cameras.ID.settings.awbgains',
      'cameras.ID.settings.format',
    ];

    expect(PICAMERA_FLAGS.flatMap(({ key }) => key ?? []).filter((key) => !known.includes(key))).toEqual([]);
  });

  it('names older flags that are understood', () => {
    for (const { name, older = [] } of PICAMERA_FLAGS) {
      for (const other of older) expect(findFlag(other, 'video')?.name).toBe(name);
    }
  });

  it('has an example line that is taken', () => {
    const [line = ''] = blocksOf('console')
      .filter(({ page }) => page === PAGE)
      .flatMap(({ text }) => text.split('\n'))
      .filter((text) => text.startsWith('pinhole picamera'));

    expect(parseCommandLine(line.split(' ').slice(1), {})).toMatchObject({
      kind: 'serve-picamera',
      notes: [],
    });
  });

  it('has an example file that is taken', () => {
    const [block] = blocksOf('yml').filter(({ page }) => page === PAGE);
    const folder = mkdtempSync(join(tmpdir(), 'pinhole-docs-'));
    const file = join(folder, 'config.yml');
    writeFileSync(file, block?.text ?? '');

    const command = parseCommandLine(['picamera', '--config', file], {});

    rmSync(folder, { recursive: true });
    expect(command).toMatchObject({ kind: 'serve-picamera', notes: [] });
  });
});
