import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ControlValue } from './control-descriptor.ts';
import { ann, bob, openControls, settle } from './fake-controls.ts';

describe('a change', () => {
  it('reaches the camera, and everybody hears of it and by whom', async () => {
    const { source, controls, changes } = openControls();

    await expect(controls.set('brightness', 20, ann)).resolves.toBe(20);

    expect(source.calls).toEqual([['brightness', 20]]);
    expect(changes).toEqual([{ id: 'brightness', value: 20, by: 'ann' }]);
    expect(controls.get('brightness').value).toBe(20);
  });

  it.each([
    ['control/unknown', 'brightnes', 1, /"door" has no control "brightnes": it has exposure, shutter/],
    ['control/out-of-range', 'brightness', 51, /^brightness 51: use a whole number from -50 to 50$/],
    ['control/out-of-range', 'brightness', 1.5, /whole number/],
    ['control/out-of-range', 'brightness', Number.NaN, /whole number/],
    ['control/out-of-range', 'brightness', '7', /^brightness "7"/],
    ['control/out-of-range', 'shutter', 15, /from 10 to 1000 in steps of 10/],
    ['control/not-a-choice', 'exposure', 'night', /^exposure "night": use one of auto, manual$/],
    ['control/not-a-choice', 'hflip', 1, /^hflip 1: use true or false$/],
    ['control/not-a-choice', 'focus-now', false, /button/],
    ['control/inactive', 'shutter', 500, /^shutter 500: cannot be changed now: exposure is automatic; set/],
  ])('%s is what %s %s gives, and the camera never sees it', async (code, id, value, words) => {
    const { source, controls } = openControls();

    const refused = controls.set(id, value, ann);

    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string });
    expect(source.calls).toEqual([]);
  });

  it('of any number is taken exactly when it is within the range and on a step', async () => {
    const { controls } = openControls();
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.integer({ min: -5, max: 15 }).map((tenths) => tenths / 10),
          fc.double(),
        ),
        async (value) => {
          const onStep = Math.abs(value * 10 - Math.round(value * 10)) < 1e-6;
          const taken = await controls.set('gain', value, ann).then(
            () => true,
            () => false,
          );

          expect(taken).toBe(value >= 0 && value <= 1 && onStep);
        },
      ),
    );
  });

  it('to what holds already does not trouble the camera; a button always does', async () => {
    const { source, controls, changes } = openControls();

    await controls.set('brightness', 0, ann);
    await controls.set('focus-now', true, ann);
    await controls.set('focus-now', true, ann);

    expect(source.calls).toEqual([
      ['focus-now', true],
      ['focus-now', true],
    ]);
    expect(changes).toHaveLength(2);
    expect(controls.get('focus-now')).not.toHaveProperty('value');
  });

  it('that the camera refuses leaves the value, and the words are the camera’s', async () => {
    const { source, controls, changes } = openControls();
    source.refuses.add('brightness 9');

    await expect(controls.set('brightness', 9, ann)).rejects.toMatchObject({ code: 'control/refused' });

    expect(controls.get('brightness').value).toBe(0);
    expect(changes).toEqual([]);
  });

  it('shows what the camera made of it', async () => {
    const { source, controls, changes } = openControls();
    source.reported = new Map();
    const setControl = source.setControl.bind(source);
    source.setControl = async (id, value) => {
      await setControl(id, value);
      source.reported?.set(id, 8);
    };

    await expect(controls.set('brightness', 10, ann)).resolves.toBe(8);
    expect(changes).toEqual([{ id: 'brightness', value: 8, by: 'ann' }]);
  });

  it('that makes another control changeable tells of new descriptors', async () => {
    const { controls, told } = openControls();

    await controls.set('exposure', 'manual', ann);
    await controls.set('shutter', 500, ann);

    expect(told.described).toBe(1);
    expect(controls.get('shutter')).toMatchObject({ value: 500, descriptor: { id: 'shutter' } });
  });
});

describe('several at once', () => {
  it('go in the source’s order, so that one may make the next changeable', async () => {
    const { source, controls } = openControls();

    await controls.setAll(
      new Map<string, ControlValue>([
        ['shutter', 200],
        ['exposure', 'manual'],
      ]),
      ann,
    );

    expect(source.calls).toEqual([
      ['exposure', 'manual'],
      ['shutter', 200],
    ]);
  });

  it('are refused altogether when one value is wrong', async () => {
    const { source, controls } = openControls();

    const values = new Map<string, ControlValue>([
      ['brightness', 5],
      ['hflip', 'yes'],
    ]);
    await expect(controls.setAll(values, ann)).rejects.toMatchObject({ code: 'control/not-a-choice' });

    expect(source.calls).toEqual([]);
  });

  it('are put back when the camera refuses one of them', async () => {
    const { source, controls } = openControls();
    source.refuses.add('hflip true');

    const values = new Map<string, ControlValue>([
      ['brightness', 5],
      ['gain', 1],
      ['hflip', true],
    ]);
    await expect(controls.setAll(values, ann)).rejects.toMatchObject({ code: 'control/refused' });

    expect(controls.get('brightness').value).toBe(0);
    expect(controls.get('gain').value).toBe(0.5);
    expect(source.calls.slice(3)).toEqual([
      ['gain', 0.5],
      ['brightness', 0],
    ]);
  });

  it('of a preset are set as far as they can be, and the rest is named', async () => {
    const { controls } = openControls();

    const preset = new Map<string, ControlValue>([
      ['shutter', 200],
      ['brightness', 5],
      ['zoom', 3],
      ['gain', 7],
    ]);
    const { applied, skipped } = await controls.apply(preset, ann);

    expect([...applied]).toEqual([['brightness', 5]]);
    expect(skipped.map(({ id, code }) => [id, code])).toEqual([
      ['shutter', 'control/inactive'],
      ['gain', 'control/out-of-range'],
      ['zoom', 'control/unknown'],
    ]);
  });
});

describe('a reset', () => {
  it('gives one control its default, or all that can be changed', async () => {
    const { controls } = openControls();
    await controls.setAll(
      new Map<string, ControlValue>([
        ['brightness', 5],
        ['hflip', true],
        ['gain', 1],
      ]),
      ann,
    );

    await controls.reset('hflip', bob);
    expect(controls.get('hflip').value).toBe(false);
    expect(controls.get('brightness').value).toBe(5);
    await controls.reset(undefined, bob);

    for (const { descriptor, value } of controls.list())
      expect(value).toBe(descriptor.kind === 'button' ? undefined : descriptor.default);
  });
});

describe('a restart of the source', () => {
  it('gives it again what was chosen, once', async () => {
    const { source, controls, live } = openControls();
    await controls.set('brightness', 5, ann);
    await controls.set('fps', 20, { by: 'ann', keep: true });
    source.calls.length = 0;

    controls.started();
    await live();
    expect(source.calls).toEqual([
      ['brightness', 5],
      ['fps', 20],
    ]);
    await live();

    expect(source.calls.slice(2)).toEqual([['brightness', 5]]);
  });

  it('gives it nothing that it says it has', async () => {
    const { source, controls, live, changes } = openControls();
    source.reported = new Map();
    await controls.set('brightness', 5, ann);
    await controls.set('gain', 1, ann);
    source.reported.set('gain', 0.5);
    source.calls.length = 0;
    changes.length = 0;

    controls.started();
    await live();

    expect(source.calls).toEqual([['gain', 1]]);
    expect(changes).toEqual([]);
  });

  it('sets what was restored before the camera had any control, and nobody has to keep it', async () => {
    const { source, controls, live, pass } = openControls();
    const all = source.controls.bind(source);
    source.controls = () => [];
    controls.restore(
      new Map<string, ControlValue>([
        ['fps', 10],
        ['zoom', 2],
      ]),
    );
    await settle();
    expect(source.calls).toEqual([]);

    source.controls = all;
    controls.started();
    await live();
    await pass(30);

    expect(controls.get('fps').value).toBe(10);
  });
});

it('tells that a source changed by itself, a few times a second at most', async () => {
  const { controls, told, pass } = openControls();

  for (let i = 0; i < 100; i++) controls.touch();
  expect(told.described).toBe(0);
  await pass(0.25);
  await pass(0.25);

  expect(told.described).toBe(1);
});
