import { describe, expect, it } from 'vitest';
import { serviceUnit } from './unit.ts';

const unit = (more: Partial<Parameters<typeof serviceUnit>[0]> = {}) =>
  serviceUnit({
    scope: 'system',
    command: ['/usr/bin/node', '/opt/pinhole/bin/pinhole.js', 'serve'],
    groups: ['video'],
    writable: [],
    readsHome: false,
    ...more,
  }).split('\n');

describe('a unit of the machine', () => {
  it('runs under a name that systemd makes, in the groups that cameras belong to', () => {
    expect(unit()).toEqual(expect.arrayContaining(['DynamicUser=yes', 'SupplementaryGroups=video']));
  });

  it('names no group where none exists, since a missing one would keep it from starting', () => {
    expect(unit({ groups: [] }).join()).not.toContain('SupplementaryGroups');
  });

  it('runs as the person who was named', () => {
    expect(unit({ user: 'pi' })).toContain('User=pi');
    expect(unit({ user: 'pi' })).not.toContain('DynamicUser=yes');
  });

  it('sees home folders only where its program lies in one', () => {
    expect(unit()).toContain('ProtectHome=yes');
    expect(unit({ readsHome: true })).toContain('ProtectHome=read-only');
  });

  it('writes words as systemd reads them', () => {
    const command = ['/usr/bin/node', '/opt/my cameras/100%/$x"y\\z', 'serve'];

    expect(unit({ command })).toContain('ExecStart=/usr/bin/node "/opt/my cameras/100%%/$$x\\"y\\\\z" serve');
    expect(unit({ command: ['/usr/bin/node', '/opt/a\nUser=root'] })).toContain(
      'ExecStart=/usr/bin/node "/opt/a\\nUser=root"',
    );
    expect(unit({ writable: ['/srv/my clips'] })).toContain('ReadWritePaths="/srv/my clips"');
  });
});

it("a unit of a person's own asks for nothing that only root's systemd can do", () => {
  const text = unit({ scope: 'user' }).join('\n');

  expect(text).toContain('WantedBy=default.target');
  expect(text).not.toMatch(/User=|Protect|DeviceAllow|StateDirectory|network-online/);
});
