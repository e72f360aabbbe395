import { micros, PinholeError, silentLogger } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Source, SourceState } from '../stream/source.ts';
import { CameraControls, type ControlChange, REVERTED } from './camera-controls.ts';
import type { ControlDescriptor, ControlValue } from './control-descriptor.ts';
import type { Unkept } from './revert-guard.ts';

const DESCRIPTORS: readonly ControlDescriptor[] = [
  {
    id: 'exposure',
    label: 'Exposure',
    kind: 'menu',
    applies: 'live',
    options: [
      { value: 'auto', label: 'Automatic' },
      { value: 'manual', label: 'Manual' },
    ],
    default: 'auto',
  },
  {
    id: 'shutter',
    label: 'Shutter',
    kind: 'range',
    applies: 'live',
    min: 10,
    max: 1000,
    step: 10,
    default: 100,
  },
  {
    id: 'brightness',
    label: 'Brightness',
    kind: 'range',
    applies: 'live',
    min: -50,
    max: 50,
    step: 1,
    default: 0,
  },
  { id: 'gain', label: 'Gain', kind: 'range', applies: 'live', min: 0, max: 1, step: 0.1, default: 0.5 },
  { id: 'hflip', label: 'Mirror', kind: 'switch', applies: 'live', default: false },
  {
    id: 'fps',
    label: 'Frame rate',
    kind: 'range',
    applies: 'restart',
    risky: true,
    min: 1,
    max: 60,
    step: 0,
    default: 30,
  },
  { id: 'focus-now', label: 'Focus now', kind: 'button', applies: 'live' },
];

/** A source whose camera answers when the test says so, and refuses what it says. */
class StubSource implements Source {
  readonly calls: [string, ControlValue][] = [];
  readonly refuses = new Set<string>();
  /** What the camera would tell; undefined where it cannot. */
  reported: Map<string, ControlValue> | undefined;
  held: (() => void)[] | undefined;
  #exposure: ControlValue = 'auto';

  start(): Promise<void> {
    return Promise.resolve();
  }
  requestKeyFrame(): void {}
  describe(): ReturnType<Source['describe']> {
    return { kind: 'stub', label: 'stub', keyFrameOnRequest: false };
  }
  controls(): readonly ControlDescriptor[] {
    return DESCRIPTORS.map((each) =>
      each.id === 'shutter' && this.#exposure === 'auto'
        ? { ...each, inactive: 'exposure is automatic; set exposure to manual first' }
        : each,
    );
  }
  controlValues(): ReadonlyMap<string, ControlValue> {
    return this.reported ?? new Map();
  }
  async setControl(id: string, value: ControlValue): Promise<void> {
    this.calls.push([id, value]);
    if (this.held) await new Promise<void>((go) => this.held?.push(go));
    if (this.refuses.has(`${id} ${value}`))
      throw new PinholeError('control/refused', `the camera refuses ${id}`);
    if (id === 'exposure') this.#exposure = value;
    this.reported?.set(id, value);
  }
  /** The camera answers the call that waits. */
  answer(): void {
    this.held?.shift()?.();
  }
}

function open() {
  const source = new StubSource();
  const clock = { now: micros(0) };
  const changes: ControlChange[] = [];
  const guards: (Unkept | undefined)[] = [];
  const told = { described: 0, changed: 0 };
  const controls = new CameraControls({
    camera: 'door',
    source,
    now: () => clock.now,
    log: silentLogger,
    changed: () => told.changed++,
  });
  controls.events.on('changed', (change) => changes.push(change));
  controls.events.on('unkept', (unkept) => guards.push(unkept));
  controls.events.on('described', () => told.described++);
  const pass = async (seconds: number): Promise<void> => {
    clock.now = micros(clock.now + seconds * 1e6);
    controls.tick();
    await settle();
  };
  const live = async (): Promise<void> => {
    controls.handleState({ kind: 'live' } satisfies SourceState);
    await settle();
  };
  return { source, controls, changes, guards, told, pass, live };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const ann = { by: 'ann' };
const bob = { by: 'bob' };

describe('a change', () => {
  it('reaches the camera, and everybody hears of it and by whom', async () => {
    const { source, controls, changes } = open();

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
    const { source, controls } = open();

    const refused = controls.set(id, value, ann);

    await expect(refused).rejects.toMatchObject({ code, message: expect.stringMatching(words) as string });
    expect(source.calls).toEqual([]);
  });

  it('of any number is taken exactly when it is within the range and on a step', async () => {
    const { controls } = open();
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
    const { source, controls, changes } = open();

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
    const { source, controls, changes } = open();
    source.refuses.add('brightness 9');

    await expect(controls.set('brightness', 9, ann)).rejects.toMatchObject({ code: 'control/refused' });

    expect(controls.get('brightness').value).toBe(0);
    expect(changes).toEqual([]);
  });

  it('shows what the camera made of it', async () => {
    const { source, controls, changes } = open();
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
    const { controls, told } = open();

    await controls.set('exposure', 'manual', ann);
    await controls.set('shutter', 500, ann);

    expect(told.described).toBe(1);
    expect(controls.get('shutter')).toMatchObject({ value: 500, descriptor: { id: 'shutter' } });
  });
});

describe('a slider that is dragged', () => {
  it('sends the camera the first value and the last, whoever drags', async () => {
    const { source, controls, changes } = open();
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
    const { source, controls } = open();
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
    const { source, controls } = open();
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
    const { source, controls, pass } = open();
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

describe('several at once', () => {
  it('go in the source’s order, so that one may make the next changeable', async () => {
    const { source, controls } = open();

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
    const { source, controls } = open();

    const values = new Map<string, ControlValue>([
      ['brightness', 5],
      ['hflip', 'yes'],
    ]);
    await expect(controls.setAll(values, ann)).rejects.toMatchObject({ code: 'control/not-a-choice' });

    expect(source.calls).toEqual([]);
  });

  it('are put back when the camera refuses one of them', async () => {
    const { source, controls } = open();
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
    const { controls } = open();

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
    const { controls } = open();
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

describe('a risky change', () => {
  it('is taken back after ten seconds', async () => {
    const { controls, changes, guards, pass } = open();

    await controls.set('fps', 1, ann);
    expect(controls.unkept).toMatchObject({ by: 'ann', revertAt: 10e6 });
    expect([...(controls.unkept?.previous ?? [])]).toEqual([['fps', 30]]);
    await pass(9.9);
    expect(controls.get('fps').value).toBe(1);
    await pass(0.1);

    expect(controls.get('fps').value).toBe(30);
    expect(changes.at(-1)).toEqual({ id: 'fps', value: 30, by: REVERTED });
    expect(controls.unkept).toBeUndefined();
    expect(guards).toHaveLength(2);
  });

  it('stays when somebody keeps it', async () => {
    const { controls, pass } = open();
    await controls.set('fps', 1, ann);

    controls.keep();
    await pass(60);

    expect(controls.get('fps').value).toBe(1);
    expect(controls.unkept).toBeUndefined();
  });

  it('goes back at once when somebody says so', async () => {
    const { controls } = open();
    await controls.set('fps', 1, ann);

    await controls.revert();

    expect(controls.get('fps').value).toBe(30);
  });

  it('begins the time anew with each further one, and goes back to the very first', async () => {
    const { controls, pass } = open();
    await controls.set('fps', 20, ann);
    await pass(9);
    await controls.set('fps', 10, bob);
    await pass(9);
    expect(controls.get('fps').value).toBe(10);
    await pass(1);

    expect(controls.get('fps').value).toBe(30);
  });

  it('is none any more when the value is what it was', async () => {
    const { controls } = open();
    await controls.set('fps', 20, ann);

    await controls.set('fps', 30, ann);

    expect(controls.unkept).toBeUndefined();
  });

  it('needs no keeping when it was made to be kept', async () => {
    const { controls, pass } = open();
    await controls.set('fps', 20, ann);

    await controls.set('fps', 10, { by: 'ann', keep: true });
    expect(controls.unkept).toBeUndefined();
    await pass(60);

    expect(controls.get('fps').value).toBe(10);
  });

  it('by a preset or a reset is guarded too', async () => {
    const { controls, pass } = open();
    await controls.apply(new Map([['fps', 5]]), ann);
    expect(controls.unkept).toBeDefined();
    controls.keep();

    await controls.reset(undefined, ann);
    expect(controls.get('fps').value).toBe(30);
    await pass(10);

    expect(controls.get('fps').value).toBe(5);
  });

  it('that the camera will not take back is tried again, and given up in the end', async () => {
    const { source, controls, pass } = open();
    await controls.set('fps', 1, ann);
    source.refuses.add('fps 30');

    await pass(10);
    expect(controls.unkept?.revertAt).toBe(12e6);
    for (let i = 0; i < 20; i++) await pass(2);

    expect(controls.unkept).toBeUndefined();
    expect(source.calls.filter(([, value]) => value === 30)).toHaveLength(5);
  });

  it('is kept though the camera is just taking it back', async () => {
    const { source, controls, pass } = open();
    await controls.set('fps', 1, ann);
    source.held = [];
    await pass(10);

    controls.keep();
    source.answer();
    await settle();

    expect(controls.unkept).toBeUndefined();
  });
});

describe('a restart of the source', () => {
  it('gives it again what was chosen, once', async () => {
    const { source, controls, live } = open();
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
    const { source, controls, live, changes } = open();
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
    const { source, controls, live, pass } = open();
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
  const { controls, told, pass } = open();

  for (let i = 0; i < 100; i++) controls.touch();
  expect(told.described).toBe(0);
  await pass(0.25);
  await pass(0.25);

  expect(told.described).toBe(1);
});
