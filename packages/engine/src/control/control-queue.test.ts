import { describe, expect, it } from 'vitest';
import { ann, bob, openControls, settle } from './fake-controls.ts';

describe('a slider that is dragged', () => {
  it('sends the camera the first value and the last, whoever drags', async () => {
    const { source, controls, changes } = openControls();
    source.held = [];

    const results = [1, 2, 3, 4, 5].map((value) => controls.set('brightness', value, value < 5 ? ann : bob));
    await settle();
    expect(source.calls).toEqual([['brightness', 1]]);
    source.answer();
    await settle();
    source.answer();

    expect(await Promise.all(results)).toEqual([1, 5, 5, 5, 5]);
    expect(source.calls).toEqual([
      ['brightness', 1],
      ['brightness', 5],
    ]);
    expect(controls.counters).toEqual({ made: 2, coalesced: 3, failed: 0 });
    expect(changes).toEqual([
      { id: 'brightness', value: 1, by: 'ann' },
      { id: 'brightness', value: 5, by: 'bob' },
    ]);
  });

  it('does not keep other controls from their turn', async () => {
    const { source, controls } = openControls();
    source.held = [];
    for (const value of [1, 2]) void controls.set('brightness', value, ann);
    void controls.set('hflip', true, bob);
    void controls.set('brightness', 3, ann);

    for (let i = 0; i < 3; i++) {
      await settle();
      source.answer();
    }
    await settle();

    expect(source.calls).toEqual([
      ['brightness', 1],
      ['brightness', 3],
      ['hflip', true],
    ]);
  });

  it('is refused beyond a bound, in words', async () => {
    const { source, controls } = openControls();
    source.held = [];

    const many = Array.from({ length: 200 }, (_, i) => controls.set('brightness', (i % 50) + 1, ann));
    const refused = await Promise.race(
      many.map((each) =>
        each.then(
          () => undefined,
          (error: unknown) => error,
        ),
      ),
    );

    expect(refused).toMatchObject({ code: 'control/busy' });
    for (const each of many) each.catch(() => {});
  });

  it('goes on after a camera that never answered', async () => {
    const { source, controls, pass } = openControls();
    source.held = [];
    const lost = controls.set('brightness', 1, ann);
    const next = controls.set('hflip', true, ann);
    await settle();

    const refused = lost.catch((error: unknown) => error);
    await pass(16);
    expect(await refused).toMatchObject({ code: 'control/timeout' });
    source.held[1]?.();

    await expect(next).resolves.toBe(true);
    source.held[0]?.();
    await settle();
    expect(controls.get('brightness').value).toBe(0);
  });
});
