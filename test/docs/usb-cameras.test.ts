import { CONTROL_NAMES } from '@pinhole/sources/v4l2';
import { describe, expect, it } from 'vitest';
import { parseSourceSpec } from '../../apps/server/src/sources/source-spec.ts';
import { codesIn, rowsWith } from './markdown.ts';

const PAGE = 'docs/usb-cameras.md';

describe('the page on USB cameras', () => {
  it('has every setting, with values that are taken and bounds that hold', () => {
    const settings = rowsWith(PAGE, 'Values');
    const names = settings.flatMap((row) => codesIn(row['Setting'] ?? ''));
    const parse = (query: string) => parseSourceSpec(`v4l2:/dev/video0?${query}`);

    expect(names).toEqual(['size', 'fps', 'format', 'bitrate', 'gop', 'encoder']);
    for (const row of settings) {
      const [name = ''] = codesIn(row['Setting'] ?? '');
      for (const value of codesIn(row['Values'] ?? '')) expect(() => parse(`${name}=${value}`)).not.toThrow();
      const bounds = /^(\d+) to (\d+)$/.exec(row['Values'] ?? '');
      if (bounds === null) continue;
      for (const within of bounds.slice(1)) expect(() => parse(`${name}=${within}`)).not.toThrow();
      for (const beyond of [Number(bounds[1]) - 1, Number(bounds[2]) + 1])
        expect(() => parse(`${name}=${beyond}`)).toThrow(/must be from/);
    }
    expect(() => parse('sise=1280x720')).toThrow(/Did you mean "size"/);
  });

  it('has every control that has a name of its own, with all that V4L2 calls it', () => {
    const told = rowsWith(PAGE, 'By V4L2').flatMap((row) => {
      const ids = codesIn(row['Control'] ?? '');
      const theirs = row['By V4L2'] === 'the same' ? ids : codesIn(row['By V4L2'] ?? '');
      return theirs.map((name, i) => [name, ids.length === 1 ? ids[0] : ids[i]] as const);
    });

    expect(Object.fromEntries(told)).toEqual(
      Object.fromEntries(Object.entries(CONTROL_NAMES).map(([name, { id }]) => [name, id])),
    );
  });
});
