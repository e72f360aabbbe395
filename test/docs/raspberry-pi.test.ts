import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  bitrateOf,
  libcameraFlags,
  RASPICAM_OPTIONS,
  RPICAM_DEFAULTS,
  RPICAM_SETTING_NAMES,
  RPICAM_SETTINGS,
  type RpicamSetting,
  raspividFlags,
  readRpicamSettings,
} from '@pinhole/sources/rpicam';
import { describe, expect, it } from 'vitest';
import { parseSourceSpec } from '../../apps/server/src/sources/source-spec.ts';
import { codesIn, ROOT, rowsWith } from './markdown.ts';

const PAGE = 'docs/raspberry-pi.md';
const has = (): boolean => true;

const rows = rowsWith(PAGE, 'Values');

/** What the page has to say about a setting's values. */
function valuesOf(setting: RpicamSetting, cell: string): unknown {
  if (setting.kind === 'range') return [`${setting.min} to ${setting.max}`, cell];
  if (setting.kind === 'switch') return [['true', 'false'], codesIn(cell)];
  if (setting.kind === 'text' || setting.pattern !== undefined) return [true, cell !== ''];
  return [Object.keys(setting.options).toSorted(), codesIn(cell).toSorted()];
}

const settingsOf = (text: string) => readRpicamSettings(new Map([text.split('=', 2) as [string, string]]));

describe('the page on Raspberry Pi cameras', () => {
  it('has every setting with its values and its default', () => {
    expect(rows.flatMap((row) => codesIn(row['Setting'] ?? '')).toSorted()).toEqual(
      RPICAM_SETTINGS.map(({ id }) => id as string).toSorted(),
    );
    for (const row of rows) {
      const [id = ''] = codesIn(row['Setting'] ?? '');
      const setting = RPICAM_SETTINGS.find((candidate) => candidate.id === id);
      if (setting === undefined) throw new Error(`no setting ${id}`);
      const [expected, told] = valuesOf(setting, row['Values'] ?? '') as [unknown, unknown];
      expect([id, told]).toEqual([id, expected]);
      expect([id, row['Default']]).toEqual([
        id,
        setting.default === '' ? '—' : `\`${String(setting.default)}\``,
      ]);
    }
  });

  it('names what else is understood', () => {
    const text = readFileSync(join(ROOT, PAGE), 'utf8');
    for (const name of [...RPICAM_SETTING_NAMES, 'command', 'encoder', 'by'])
      expect(text).toContain(`\`${name}\``);
    expect(() => parseSourceSpec('rpicam?command=/x/rpicam-vid&encoder=software&by=program')).not.toThrow();
  });

  it('tells the bit rates that are taken when none is set', () => {
    const text = readFileSync(join(ROOT, PAGE), 'utf8');
    for (const [size, name] of [
      ['1280x720', '720p'],
      ['1920x1080', '1080p'],
    ] as const)
      expect(text).toContain(`${bitrateOf({ ...RPICAM_DEFAULTS, size }) / 1e6} Mbit/s for ${name}`);
  });

  it('has every option of raspicam with what becomes of it', () => {
    const table = rowsWith(PAGE, 'Raspicam').map((row) => ({
      raspicam: codesIn(row['Raspicam'] ?? '')[0],
      settings: codesIn(row['Setting'] ?? ''),
      rpicam: codesIn(row['`rpicam-vid`'] ?? ''),
      raspivid: codesIn(row['`raspivid`'] ?? ''),
      v4l2: codesIn(row['V4L2 control'] ?? ''),
    }));

    expect(table).toEqual(
      RASPICAM_OPTIONS.map(({ raspicam, setting, settingForRaspivid, rpicam, raspivid, v4l2 }) => ({
        raspicam,
        settings: [setting, ...(settingForRaspivid === undefined ? [] : [settingForRaspivid])],
        rpicam,
        raspivid,
        v4l2: v4l2?.split(', ') ?? [],
      })),
    );
  });
});

describe.each(RASPICAM_OPTIONS)(
  '$raspicam as $setting',
  ({ setting, settingForRaspivid, rpicam, raspivid }) => {
    it('becomes the flags that the page tells', () => {
      const libcamera = { program: 'rpicam-vid', has, camera: 0, encoder: 'hardware' } as const;
      expect(libcameraFlags(settingsOf(setting), libcamera)).toEqual(expect.arrayContaining([...rpicam]));
      if (raspivid.length === 0) return;
      const words = raspividFlags(settingsOf(settingForRaspivid ?? setting), { has, camera: 0 });
      expect(words).toEqual(expect.arrayContaining([...raspivid]));
    });

    it('does nothing else', () => {
      const changed = Object.entries(settingsOf(setting)).filter(
        ([id, value]) => value !== RPICAM_DEFAULTS[id as keyof typeof RPICAM_DEFAULTS],
      );
      expect(changed.length).toBeLessThanOrEqual(setting.startsWith('awbgains') ? 2 : 1);
    });
  },
);
