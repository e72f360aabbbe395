import type { Source } from '../stream/source.ts';
import type { ControlDescriptor, ControlValue } from './control-descriptor.ts';

/** Something whose settings can be changed; see `Source`. */
export type Adjustable = Pick<Source, 'controls' | 'controlValues' | 'setControl'>;

/** The controls of a camera and of what is made of its pictures, as one. What the first calls by a name goes to it. */
export class JoinedControls implements Adjustable {
  readonly #first: Adjustable;
  readonly #second: Adjustable;

  constructor(first: Adjustable, second: Adjustable) {
    this.#first = first;
    this.#second = second;
  }

  controls(): readonly ControlDescriptor[] {
    const first = this.#first.controls();
    const ids = new Set(first.map(({ id }) => id));
    return [...first, ...this.#second.controls().filter(({ id }) => !ids.has(id))];
  }

  controlValues(): ReadonlyMap<string, ControlValue> {
    return new Map([...(this.#second.controlValues?.() ?? []), ...(this.#first.controlValues?.() ?? [])]);
  }

  setControl(id: string, value: ControlValue): Promise<void> {
    const has = (adjustable: Adjustable): boolean => adjustable.controls().some((one) => one.id === id);
    return !has(this.#first) && has(this.#second)
      ? this.#second.setControl(id, value)
      : this.#first.setControl(id, value);
  }
}
