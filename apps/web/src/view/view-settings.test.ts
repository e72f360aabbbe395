import { describe, expect, it } from 'vitest';
import { DEFAULT_VIEW, isTurned, isUpended, keepView, readView, type ViewSettings } from './view-settings.ts';

/** What a browser keeps. */
function browser(kept: Readonly<Record<string, string>> = {}) {
  const items = new Map(Object.entries(kept));
  return {
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}

describe('how a camera is watched', () => {
  it('is kept for each camera', () => {
    const storage = browser();
    const turned: ViewSettings = { mode: 'jpeg', turn: 270, mirrored: true, size: 'original' };
    keepView('kvm', turned, storage);

    expect(readView('kvm', storage)).toEqual(turned);
    expect(readView('door', storage)).toEqual(DEFAULT_VIEW);
  });

  it.each(['', 'null', '[1]', '{"mode":"carrier pigeon","turn":45,"mirrored":"yes","size":12}', '{'])(
    'is the default where %j is kept',
    (kept) => {
      expect(readView('kvm', browser({ 'pinhole.view.kvm': kept }))).toEqual(DEFAULT_VIEW);
    },
  );

  it('goes on where nothing can be kept', () => {
    const full = {
      setItem: () => {
        throw new DOMException('full', 'QuotaExceededError');
      },
    };

    expect(() => keepView('kvm', DEFAULT_VIEW, full)).not.toThrow();
  });

  it('is upended by a quarter turn, and turned by a mirror, too', () => {
    expect([0, 90, 180, 270].map((turn) => isUpended({ turn: turn as 0 }))).toEqual([
      false,
      true,
      false,
      true,
    ]);
    expect(isTurned({ turn: 0, mirrored: false })).toBe(false);
    expect(isTurned({ turn: 0, mirrored: true })).toBe(true);
    expect(isTurned({ turn: 180, mirrored: false })).toBe(true);
  });
});
