import { type Logger, messageOf, PinholeError } from '@pinhole/core';
import type { ControlDescriptor, ControlValue } from '@pinhole/engine';
import type { V4l2Access } from '../device/v4l2-access.ts';
import type { V4l2Control } from '../device/v4l2-device.ts';
import { CONTROL_NAMES } from './control-names.ts';
import { inOrder } from './control-order.ts';
import { type DeviceControl, deviceControls } from './device-controls.ts';

/**
 * The controls of one device: described, set without a restart, and set again when the device comes back, since it has
 * forgotten them then.
 */
export class ControlDesk {
  readonly #access: V4l2Access;
  readonly #path: string;
  readonly #log: Logger;
  /** What was asked for, by id; what is asked for while the device is away holds from its return. */
  readonly #wanted: Map<string, ControlValue>;
  #controls: ReadonlyMap<string, DeviceControl> = new Map();

  /** @param options.start values by id, or by V4L2's name */
  constructor(options: {
    readonly access: V4l2Access;
    readonly path: string;
    readonly log: Logger;
    readonly start: ReadonlyMap<string, ControlValue>;
  }) {
    this.#access = options.access;
    this.#path = options.path;
    this.#log = options.log;
    this.#wanted = new Map([...options.start].map(([name, value]) => [idOf(name), value]));
  }

  descriptors(): readonly ControlDescriptor[] {
    return [...this.#controls.values()].map(({ descriptor }) => descriptor);
  }

  values(): ReadonlyMap<string, ControlValue> {
    const known = new Map<string, ControlValue>();
    for (const [id, { value }] of this.#controls) if (value !== undefined) known.set(id, value);
    return known;
  }

  has(id: string): boolean {
    return this.#controls.has(id);
  }

  /**
   * Takes what the device told, and sets what was asked for.
   * @throws {PinholeError} `source/bad-option` for a start value that this device has not, or does not take
   */
  async take(controls: readonly V4l2Control[]): Promise<void> {
    this.#controls = deviceControls(controls);
    if (this.#wanted.size === 0) return;
    const values = new Map<string, number>();
    for (const [id, value] of this.#wanted) {
      const control = this.#controls.get(id);
      if (control === undefined)
        throw new PinholeError(
          'source/bad-option',
          `${this.#path} has no control "${id}"; it has: ${[...this.#controls.keys()].join(', ') || 'none'}`,
        );
      try {
        values.set(control.name, control.toDevice(value));
      } catch (cause) {
        throw new PinholeError('source/bad-option', `${this.#path}: ${messageOf(cause)}`, { cause });
      }
    }
    // One by one: the program gives up at the first that the device refuses (an inactive one, mostly).
    for (const [name, value] of inOrder(values)) {
      try {
        await this.#access.setControls(this.#path, new Map([[name, value]]));
      } catch (thrown) {
        this.#log.warn({ control: name, value, error: messageOf(thrown) }, 'the camera refused a control');
      }
    }
    await this.#refresh();
  }

  /**
   * Sets one control at once.
   * @throws {PinholeError} `control/unknown`, `control/out-of-range`, `control/not-a-choice`, `control/refused`
   */
  async set(id: string, value: ControlValue): Promise<void> {
    const control = this.#controls.get(id);
    if (control === undefined) {
      const known = [...this.#controls.keys()].join(', ') || 'none yet: the device was not asked';
      throw new PinholeError('control/unknown', `${this.#path} has no control "${id}"; it has: ${known}`);
    }
    const number = control.toDevice(value);
    try {
      await this.#access.setControls(this.#path, new Map([[control.name, number]]));
    } catch (cause) {
      const code = cause instanceof PinholeError ? cause.code : '';
      if (code === 'source/device-gone' || code === 'source/no-such-device') {
        this.#remember(id, value, control);
        return;
      }
      throw new PinholeError('control/refused', `${id} ${String(value)}: ${messageOf(cause)}`, { cause });
    }
    this.#remember(id, value, control);
    await this.#refresh(); // an automatic one lets others go
  }

  #remember(id: string, value: ControlValue, { descriptor }: DeviceControl): void {
    if (descriptor.kind !== 'button') this.#wanted.set(id, value);
  }

  async #refresh(): Promise<void> {
    try {
      this.#controls = deviceControls(await this.#access.controls(this.#path));
    } catch (thrown) {
      this.#log.debug({ error: messageOf(thrown) }, 'the controls could not be read again');
    }
  }
}

/** Ours for V4L2's name or for ours. */
export const idOf = (name: string): string => CONTROL_NAMES[name]?.id ?? name.replaceAll('_', '-');
