import { expect, it } from 'vitest';
import { DEFAULT_OVERLAYS, keepOverlays, readOverlays } from './overlay-settings.ts';

const memory = () => {
  const kept = new Map<string, string>();
  return {
    kept,
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
};

it('are kept for each camera on its own', () => {
  const storage = memory();
  const chosen = { ...DEFAULT_OVERLAYS, grid: true, thickness: 5, colour: '#00ff00', threshold: 0.1 };

  keepOverlays('door', chosen, storage);

  expect(readOverlays('door', storage)).toEqual(chosen);
  expect(readOverlays('hall', storage)).toEqual(DEFAULT_OVERLAYS);
});

it.each([
  '',
  'null',
  '[',
  '7',
  '{"thickness":"9","colour":"red;x:y","grid":1,"threshold":-1}',
  '{"thickness":1e9}',
])('that cannot be used (%s) are those of the beginning', (text) => {
  const storage = memory();
  storage.setItem('pinhole.overlays.door', text);

  expect(readOverlays('door', storage)).toEqual(DEFAULT_OVERLAYS);
});

it('hold without a storage', () => {
  const full = {
    setItem: () => {
      throw new DOMException('full', 'QuotaExceededError');
    },
  };

  expect(() => keepOverlays('door', DEFAULT_OVERLAYS, full)).not.toThrow();
});
