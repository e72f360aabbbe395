import { type Micros, micros, silentLogger } from '@pinhole/core';
import { Camera, type ControlDescriptor, type Identity, type Source } from '@pinhole/engine';
import { type ControlServerMessage, parseControlServerMessage } from '@pinhole/protocol/live';
import { describe, expect, it } from 'vitest';
import { ViewerControls } from './viewer-controls.ts';

const DESCRIPTORS: ControlDescriptor[] = [
  {
    id: 'brightness',
    label: 'Brightness',
    applies: 'live',
    kind: 'range',
    min: -50,
    max: 50,
    step: 1,
    default: 0,
  },
  {
    id: 'size',
    label: 'Picture size',
    applies: 'restart',
    risky: true,
    kind: 'menu',
    options: [
      { value: '640x360', label: '640 × 360' },
      { value: '1280x720', label: '1280 × 720' },
    ],
    default: '640x360',
  },
  {
    id: 'hflip',
    label: 'Mirror',
    applies: 'live',
    kind: 'switch',
    default: false,
    inactive: 'not while it records',
  },
  { id: 'focus-now', label: 'Focus now', applies: 'live', kind: 'button' },
];

const driver: Identity = { tokenId: 'ann', address: '192.0.2.1', rights: ['view', 'control'] };
const watcher: Identity = { tokenId: 'bob', address: '192.0.2.2', rights: ['view'] };

function open(descriptors: readonly ControlDescriptor[] = DESCRIPTORS) {
  const clock = { now: micros(0) };
  const now = (): Micros => clock.now;
  const source: Source = {
    start: () => Promise.resolve(),
    requestKeyFrame: () => {},
    describe: () => ({ kind: 'test', label: 'test', keyFrameOnRequest: false }),
    controls: () => descriptors,
    setControl: () => Promise.resolve(),
  };
  const camera = new Camera({
    id: 'door',
    source,
    now,
    log: silentLogger,
    openAbort: () => new AbortController(),
  });
  const join = (who: Identity) => {
    const heard: ControlServerMessage[] = [];
    const texts: string[] = [];
    const way = { open: true };
    const viewer = new ViewerControls({
      camera: camera.id,
      controls: camera.controls,
      who,
      send: (text) => {
        if (way.open) {
          texts.push(text);
          heard.push(parseControlServerMessage(text));
        }
        return way.open;
      },
      now,
      log: silentLogger,
    });
    return { viewer, heard, texts, way, last: () => heard.at(-1) };
  };
  return { camera, clock, join };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('who asked for controls', () => {
  it('gets them with their values, and whether it may change them', () => {
    const { join } = open();
    const ann = join(driver);
    const bob = join(watcher);

    ann.viewer.handle({ type: 'watch-controls' });
    bob.viewer.handle({ type: 'watch-controls' });

    expect(ann.last()).toEqual({
      type: 'controls',
      mayControl: true,
      controls: [
        { ...DESCRIPTORS[0], value: 0 },
        { ...DESCRIPTORS[1], value: '640x360' },
        { ...DESCRIPTORS[2], value: false },
        DESCRIPTORS[3],
      ],
    });
    expect(bob.last()).toMatchObject({ mayControl: false });
  });

  it('hears of changes by whomever, until it is closed', async () => {
    const { join } = open();
    const ann = join(driver);
    const bob = join(watcher);
    bob.viewer.handle({ type: 'watch-controls' });

    ann.viewer.handle({ type: 'set-control', requestId: 7, id: 'brightness', value: 5 });
    await settle();
    bob.viewer.close();
    ann.viewer.handle({ type: 'set-control', requestId: 8, id: 'brightness', value: 6 });
    await settle();

    expect(ann.heard).toEqual([
      { type: 'control-result', requestId: 7, value: 5 },
      { type: 'control-result', requestId: 8, value: 6 },
    ]);
    expect(bob.heard.slice(1)).toEqual([{ type: 'control', id: 'brightness', value: 5, by: 'ann' }]);
  });

  it('hears of it once, though it asked twice', async () => {
    const { join } = open();
    const ann = join(driver);
    for (let i = 0; i < 3; i++) ann.viewer.handle({ type: 'watch-controls' });
    expect(ann.heard).toHaveLength(1);
    for (let i = 0; i < 3; i++) ann.viewer.beat();
    expect(ann.heard).toHaveLength(2);

    ann.viewer.handle({ type: 'set-control', requestId: 1, id: 'brightness', value: 5 });
    await settle();

    expect(ann.heard.filter(({ type }) => type === 'control')).toHaveLength(1);
  });

  it('is told of risky changes, for how long, and of their end', async () => {
    const { camera, clock, join } = open();
    const ann = join(driver);
    const bob = join(watcher);
    bob.viewer.handle({ type: 'watch-controls' });

    ann.viewer.handle({ type: 'set-control', requestId: 1, id: 'size', value: '1280x720' });
    await settle();
    expect(bob.last()).toEqual({
      type: 'controls-unkept',
      unkept: { controls: [{ id: 'size', previous: '640x360' }], by: 'ann', revertInMs: 10_000 },
    });
    clock.now = micros(4e6);
    const late = join(watcher);
    late.viewer.handle({ type: 'watch-controls' });
    expect(late.last()).toMatchObject({ unkept: { revertInMs: 6000 } });
    clock.now = micros(10e6);
    camera.tick();
    await settle();

    expect(bob.heard.slice(-2)).toEqual([
      { type: 'control', id: 'size', value: '640x360', by: 'revert' },
      { type: 'controls-unkept' },
    ]);
  });

  it('gets everything anew when something did not get through', async () => {
    const { camera, join } = open();
    const bob = join(watcher);
    bob.viewer.handle({ type: 'watch-controls' });

    bob.way.open = false;
    await camera.controls.set('brightness', 9, { by: 'ann' });
    bob.viewer.beat();
    bob.way.open = true;
    bob.viewer.beat();
    bob.viewer.beat();

    expect(bob.heard).toHaveLength(2);
    expect(bob.last()).toMatchObject({ controls: [{ id: 'brightness', value: 9 }, {}, {}, {}] });
  });
});

describe('a change', () => {
  it.each([
    ['control/unknown', 'zoom', 1],
    ['control/out-of-range', 'brightness', 99],
    ['control/not-a-choice', 'size', '1x1'],
    ['control/inactive', 'hflip', true],
  ])('that will not do is answered with %s', async (code, id, value) => {
    const { join } = open();
    const ann = join(driver);

    ann.viewer.handle({ type: 'set-control', requestId: 3, id, value });
    await settle();

    expect(ann.heard).toEqual([
      { type: 'control-result', requestId: 3, error: { code, message: expect.any(String) as string } },
    ]);
    expect(ann.viewer.refused).toBe(1);
  });

  it.each([
    { type: 'set-control', requestId: 1, id: 'brightness', value: 1 },
    { type: 'reset-controls', requestId: 1 },
    { type: 'keep-controls', requestId: 1 },
    { type: 'revert-controls', requestId: 1 },
  ] as const)('by $type needs the right to', async (message) => {
    const { camera, join } = open();
    await camera.controls.set('size', '1280x720', { by: 'ann' });
    for (const who of [watcher, { tokenId: 'anonymous', address: '192.0.2.3' }]) {
      const bob = join(who);

      bob.viewer.handle(message);
      await settle();

      expect(bob.last()).toMatchObject({ requestId: 1, error: { code: 'auth/forbidden' } });
    }
    expect(camera.controls.get('brightness').value).toBe(0);
    expect(camera.controls.unkept).toBeDefined();
  });

  it('is kept, taken back and reset as the messages say', async () => {
    const { camera, join } = open();
    const ann = join(driver);

    ann.viewer.handle({ type: 'set-control', requestId: 1, id: 'size', value: '1280x720' });
    await settle();
    ann.viewer.handle({ type: 'keep-controls', requestId: 2 });
    await settle();
    expect(camera.controls.unkept).toBeUndefined();
    ann.viewer.handle({ type: 'reset-controls', requestId: 3, id: 'size' });
    await settle();
    expect(camera.controls.get('size').value).toBe('640x360');
    ann.viewer.handle({ type: 'revert-controls', requestId: 4 });
    await settle();

    expect(camera.controls.get('size').value).toBe('1280x720');
    expect(ann.heard.map((message) => 'error' in message)).toEqual([false, false, false, false]);
  });

  it('too often is refused, and possible again after a while', async () => {
    const { camera, clock, join } = open();
    const ann = join(driver);

    for (let i = 1; i <= 40; i++) {
      ann.viewer.handle({ type: 'set-control', requestId: i, id: 'brightness', value: i });
      await settle();
    }
    expect(ann.last()).toMatchObject({ requestId: 40, error: { code: 'control/too-many-changes' } });
    expect(camera.controls.get('brightness').value).toBe(30);
    clock.now = micros(1e6);
    ann.viewer.handle({ type: 'set-control', requestId: 41, id: 'brightness', value: 1 });
    await settle();

    expect(ann.last()).toEqual({ type: 'control-result', requestId: 41, value: 1 });
  });
});

describe('a list that is too long', () => {
  const many = (help: string): ControlDescriptor[] =>
    Array.from({ length: 300 }, (_, i) => ({
      id: `switch-${i}`,
      label: 'Switch '.repeat(100),
      help,
      applies: 'live',
      kind: 'switch',
      default: false,
    }));

  it.each(['', 'x'.repeat(2000)])('is cut to what a message takes, and stays readable', (help) => {
    const { join } = open(many(help));
    const ann = join(driver);

    ann.viewer.handle({ type: 'watch-controls' });

    const [list] = ann.heard;
    expect(ann.texts[0]?.length).toBeLessThanOrEqual(64 * 1024);
    expect(list?.type === 'controls' && list.controls.length).toBeGreaterThan(200);
  });
});
