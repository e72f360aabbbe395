import { micros, PinholeError, silentLogger } from '@pinhole/core';
import type { Source, SourceState } from '../stream/source.ts';
import { CameraControls, type ControlChange } from './camera-controls.ts';
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
export class ControlledSource implements Source {
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

/** The controls of a camera that a test plays, and all that they told. */
export function openControls() {
  const source = new ControlledSource();
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

/** Promises that are settled have had their effect. */
export const settle = async (): Promise<void> => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

/** One who changes things. */
export const ann = { by: 'ann' };

/** Another. */
export const bob = { by: 'bob' };
