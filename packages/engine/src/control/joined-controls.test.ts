import { expect, it } from 'vitest';
import type { ControlDescriptor } from './control-descriptor.ts';
import { type Adjustable, JoinedControls } from './joined-controls.ts';

/** Takes what it is told. */
function adjustable(name: string, ids: readonly string[]) {
  const told: string[] = [];
  const controls = ids.map(
    (id): ControlDescriptor => ({ id, label: name, kind: 'switch', default: false, applies: 'live' }),
  );
  const made: Adjustable = {
    controls: () => controls,
    controlValues: () => new Map(ids.map((id) => [id, name])),
    setControl: (id) => {
      told.push(id);
      return Promise.resolve();
    },
  };
  return { ...made, told };
}

it('the first keeps what both have; what neither has, it refuses', async () => {
  const camera = adjustable('camera', ['gain', 'quality']);
  const jpeg = adjustable('jpeg', ['quality', 'rate']);
  const joined = new JoinedControls(camera, jpeg);

  for (const id of ['gain', 'quality', 'rate', 'zoom']) await joined.setControl(id, true);

  expect(joined.controls().map(({ id, label }) => `${label}.${id}`)).toEqual([
    'camera.gain',
    'camera.quality',
    'jpeg.rate',
  ]);
  expect(Object.fromEntries(joined.controlValues())).toEqual({
    gain: 'camera',
    quality: 'camera',
    rate: 'jpeg',
  });
  expect([camera.told, jpeg.told]).toEqual([['gain', 'quality', 'zoom'], ['rate']]);
});
