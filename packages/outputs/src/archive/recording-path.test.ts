import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { formatRecordingPath, parseRecordingPath, RecordingPathError } from './recording-path.ts';

const faultOf = (path: string): string | undefined => {
  try {
    parseRecordingPath(path);
    return undefined;
  } catch (thrown) {
    return thrown instanceof RecordingPathError ? thrown.fault : 'another error';
  }
};

describe('parseRecordingPath', () => {
  it('tells when a recording began, by its name', () => {
    expect(parseRecordingPath('20261121/17/20261121_170509.mp4')).toEqual({
      branch: '',
      local: { year: 2026, month: 11, day: 21, hour: 17, minute: 5, second: 9 },
      copy: 1,
      kind: 'mp4',
    });
  });

  it.each([
    '20261121/17/20261121_170509.jpg',
    '20261121/17/20261121_170509_2.mp4',
    'on-demand/20261121/17/20261121_170509_13.mp4',
  ])('and the other way round: %s', (path) => {
    expect(formatRecordingPath(parseRecordingPath(path))).toBe(path);
  });

  it.each([
    ['/etc/passwd', 'absolute'],
    ['/20261121/17/20261121_170509.mp4', 'absolute'],
    ['c:/20261121/17/20261121_170509.mp4', 'absolute'],
    ['../20261121/17/20261121_170509.mp4', 'traversal'],
    ['20261121/17/../../../etc/passwd', 'traversal'],
    ['20261121//20261121_170509.mp4', 'traversal'],
    ['./20261121/17/20261121_170509.mp4', 'traversal'],
    ['20261121/17/%2e%2e/20261121_170509.mp4', 'encoded'],
    ['20261121%2f17%2f20261121_170509.mp4', 'encoded'],
    ['20261121/17/20261121_170509.mp4\0.jpg', 'control'],
    ['20261121\\17\\20261121_170509.mp4', 'control'],
    ['20261121/17/20261121_170509.mp4\n', 'control'],
    ['.index.jsonl', 'type'],
    ['20261121/17/20261121_170509.mp4.part', 'type'],
    ['20261121/17/20261121_170509.MP4', 'type'],
    ['', 'traversal'],
    ['20261121/17/x.mp4', 'layout'],
    ['20261121/17/20261121_250509.mp4', 'layout'],
    ['20261131/17/20261131_170509.mp4', 'layout'],
    ['20261121/17/20261121_170509_0.mp4', 'layout'],
    ['other/20261121/17/20261121_170509.mp4', 'layout'],
    [`${'20261121/'.repeat(20)}20261121_170509.mp4`, 'layout'],
    ['20261121/17/２0261121_170509.mp4', 'layout'],
  ])('refuses %j: %s', (path, fault) => {
    expect(faultOf(path)).toBe(fault);
  });

  it('says what was asked for in a form that harms no terminal', () => {
    expect(() => parseRecordingPath('\u001b[2J/../x.mp4')).toThrowError(
      'path "\\u001b[2J/../x.mp4" has characters',
    );
  });

  test('whatever the text, what is let through has no way out', () => {
    const parts = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '\0',
      '20261121',
      '17',
      '_170509',
      '.mp4',
      'on-demand',
    );
    fc.assert(
      fc.property(
        fc.array(parts, { maxLength: 12 }).map((list) => list.join('')),
        (path) => {
          const harmless = /^(on-demand\/)?\d{8}\/\d{2}\/\d{8}_\d{6}(_\d+)?\.(mp4|jpg)$/.test(path);

          expect(harmless || faultOf(path) !== undefined).toBe(true);
        },
      ),
    );
  });
});
