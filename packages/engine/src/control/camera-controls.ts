import { Emitter, type Logger, type Micros, messageOf, PinholeError } from '@pinhole/core';
import type { SourceState } from '../stream/source.ts';
import { checkControl, checkControlValue, listed } from './check-value.ts';
import type { ControlDescriptor, ControlValue } from './control-descriptor.ts';
import { type ControlCounters, ControlQueue, type QueuedChange } from './control-queue.ts';
import type { Adjustable } from './joined-controls.ts';
import type { AppliedValues } from './preset.ts';
import { RevertGuard, type Unkept } from './revert-guard.ts';

/** What a camera's controls are made with. */
export interface CameraControlsOptions {
  /** The camera's id, for errors. */
  readonly camera: string;
  readonly source: Adjustable;
  readonly now: () => Micros;
  readonly log: Logger;
  /** Called after each change that was made: a source that gave up may do better now. */
  readonly changed?: () => void;
}

/** Who changes something. */
export interface ControlAuthor {
  /** A token's id. */
  readonly by: string;
  /** Leave risky changes as they are: nobody needs to say that they are kept. */
  readonly keep?: true;
}

/** A control and its value now. */
export interface ControlState {
  readonly descriptor: ControlDescriptor;
  /** Absent for a button. */
  readonly value?: ControlValue;
}

/** A value changed. */
export interface ControlChange {
  readonly id: string;
  readonly value: ControlValue;
  /** A token's id, or {@link REVERTED}. */
  readonly by: string;
}

/** What a camera's controls tell. */
export interface CameraControlsEvents {
  changed: ControlChange;
  /** There are other controls, limits, or reasons why one cannot be changed; or the camera changed values by itself. */
  described: undefined;
  /** Risky changes wait to be kept, or no longer do. */
  unkept: Unkept | undefined;
}

/** The author of a change that was taken back because nobody kept it. */
export const REVERTED = 'revert';

/** The author of values that a source gets again when it starts. */
const RESTORED = 'start';

/**
 * What of one camera can be changed, and what it is now. Changes go to the source one after another; everybody hears of
 * them; values survive restarts of the source; a risky change is taken back unless somebody keeps it.
 */
export class CameraControls {
  readonly events = new Emitter<CameraControlsEvents>();
  readonly #options: CameraControlsOptions;
  readonly #queue: ControlQueue;
  /** What somebody chose. */
  readonly #chosen = new Map<string, ControlValue>();
  readonly #guard: RevertGuard;
  #described: string;
  #touched = false;
  #startedAnew = false;

  constructor(options: CameraControlsOptions) {
    this.#options = options;
    this.#queue = new ControlQueue({
      make: (change, expected) => this.#make(change, expected),
      now: options.now,
    });
    this.#guard = new RevertGuard({
      now: options.now,
      putBack: (values) => this.#putBack(values),
      changed: (unkept) => this.events.emit('unkept', unkept),
    });
    this.#described = this.#fingerprint();
  }

  /** Risky changes that are taken back soon. */
  get unkept(): Unkept | undefined {
    return this.#guard.unkept;
  }

  /** What became of changes so far. */
  get counters(): ControlCounters {
    return this.#queue.counters;
  }

  /** All controls with their values, in the source's order. */
  list(): readonly ControlState[] {
    const reported = this.#options.source.controlValues?.();
    return this.#options.source.controls().map((descriptor) => {
      const value = this.#valueOf(descriptor, reported);
      return value === undefined ? { descriptor } : { descriptor, value };
    });
  }

  /**
   * One control with its value.
   * @throws {PinholeError} `control/unknown`
   */
  get(id: string): ControlState {
    const found = this.list().find(({ descriptor }) => descriptor.id === id);
    if (found) return found;
    const { camera, source } = this.#options;
    const ids = source.controls().map((descriptor) => descriptor.id);
    const known = ids.length === 0 ? 'it has none' : `it has ${listed(ids)}`;
    throw new PinholeError(
      'control/unknown',
      `camera "${camera}" has no control "${id.slice(0, 64)}": ${known}`,
    );
  }

  /**
   * Changes one control.
   * @returns the value that holds now: a later change of the same control may have come before this one's turn.
   * @throws {PinholeError} `control/unknown`, `control/out-of-range`, `control/not-a-choice`, `control/inactive`,
   *   `control/busy`, `control/timeout`, and what the source says (`control/refused`)
   */
  async set(id: string, value: ControlValue, author: ControlAuthor): Promise<ControlValue> {
    checkControl(this.get(id).descriptor, value);
    await this.#queue.add({ ...author, id, value });
    return this.get(id).value ?? value;
  }

  /**
   * Changes several, in the source's order; when one cannot be changed, those before it get back what they had.
   * @throws {PinholeError} as `set` does
   */
  async setAll(values: ReadonlyMap<string, ControlValue>, author: ControlAuthor): Promise<void> {
    for (const [id, value] of values) checkControlValue(this.get(id).descriptor, value);
    const done: [string, ControlValue][] = [];
    for (const [id, value] of this.#inOrder(values)) {
      const before = this.get(id).value;
      try {
        await this.set(id, value, author);
      } catch (error) {
        for (const [earlier, had] of done.reverse())
          await this.set(earlier, had, { ...author, keep: true }).catch(() => {});
        throw error;
      }
      if (before !== undefined) done.push([id, before]);
    }
  }

  /** Changes as many of these as can be: what a preset holds may not fit the camera of today. */
  async apply(values: ReadonlyMap<string, ControlValue>, author: ControlAuthor): Promise<AppliedValues> {
    const applied = new Map<string, ControlValue>();
    const skipped: { id: string; code: string; why: string }[] = [];
    for (const [id, value] of this.#inOrder(values)) {
      try {
        applied.set(id, await this.set(id, value, author));
      } catch (error) {
        if (!(error instanceof PinholeError)) throw error;
        skipped.push({ id, code: error.code, why: error.message });
      }
    }
    return { applied, skipped };
  }

  /**
   * Gives one control its default, or all that can be changed now.
   * @throws {PinholeError} as `set` does, for a single one
   */
  async reset(id: string | undefined, author: ControlAuthor): Promise<void> {
    if (id !== undefined) {
      const { descriptor } = this.get(id);
      if (descriptor.kind !== 'button') await this.set(id, descriptor.default, author);
      return;
    }
    const defaults = new Map<string, ControlValue>();
    for (const { descriptor, value } of this.list()) {
      if (descriptor.kind !== 'button' && value !== descriptor.default)
        defaults.set(descriptor.id, descriptor.default);
    }
    await this.apply(defaults, author);
  }

  /** Risky changes stay. */
  keep(): void {
    this.#guard.keep();
  }

  /** Takes risky changes back now. */
  revert(): Promise<void> {
    return this.#guard.revert();
  }

  /** These values hold from the next start of the source on, as far as it has such controls. Nobody has to keep them. */
  restore(values: ReadonlyMap<string, ControlValue>): void {
    for (const [id, value] of values) this.#chosen.set(id, value);
    this.#sendChosen(this.#options.source.controls());
  }

  /** Does what has come due. Called a few times a second. */
  tick(): void {
    this.#queue.tick();
    this.#guard.tick();
    if (this.#touched) this.#tellDescribed();
    this.#touched = false;
  }

  /** The camera starts its source: a device that was off may have forgotten what it was told. */
  started(): void {
    this.#startedAnew = true;
  }

  /** The source says that controls or values changed by themselves; told to others by the next `tick`. */
  touch(): void {
    this.#touched = true;
  }

  /** Takes note of what the source is doing. */
  handleState(state: SourceState): void {
    if (state.kind !== 'live') return;
    if (this.#fingerprint() !== this.#described) this.#touched = true;
    const descriptors = this.#options.source.controls();
    // After a reconnection only what needs no restart, which would bring the next reconnection.
    this.#sendChosen(
      this.#startedAnew ? descriptors : descriptors.filter(({ applies }) => applies === 'live'),
    );
    this.#startedAnew = false;
  }

  #sendChosen(descriptors: readonly ControlDescriptor[]): void {
    const reported = this.#options.source.controlValues?.();
    for (const { id } of descriptors) {
      const value = this.#chosen.get(id);
      if (value === undefined || reported?.get(id) === value || this.#queue.waitsFor(id)) continue;
      this.#queue.add({ id, value, by: RESTORED }).catch((error: unknown) => {
        this.#options.log.warn(
          { camera: this.#options.camera, control: id, error: messageOf(error) },
          'a value was not set again',
        );
      });
    }
  }

  async #make({ id, value, by, keep }: QueuedChange, expected: () => boolean): Promise<void> {
    const { source, log, camera } = this.#options;
    const { descriptor, value: before } = this.get(id);
    checkControl(descriptor, value);
    const restored = by === RESTORED;
    if (before === value && !restored && descriptor.kind !== 'button') return;
    await source.setControl(id, value);
    if (!expected()) return;
    if (before !== undefined) this.#chosen.set(id, value);
    if (restored) return;
    log.info({ camera, control: id, value, by }, 'control changed');
    const after = this.get(id).value ?? value;
    this.events.emit('changed', { id, value: after, by });
    if (by !== REVERTED && keep) this.#guard.keep(id);
    else if (by !== REVERTED && descriptor.risky && before !== undefined)
      this.#guard.note({ id, before, after, by });
    if (this.#fingerprint() !== this.#described) this.#tellDescribed();
    this.#options.changed?.();
  }

  async #putBack(values: ReadonlyMap<string, ControlValue>): Promise<boolean> {
    const { skipped } = await this.apply(values, { by: REVERTED });
    const { camera, log } = this.#options;
    if (skipped.length > 0) log.warn({ camera, skipped }, 'a risky change could not be taken back');
    return skipped.length === 0;
  }

  #tellDescribed(): void {
    this.#described = this.#fingerprint();
    this.events.emit('described', undefined);
  }

  #fingerprint(): string {
    return JSON.stringify(this.#options.source.controls());
  }

  #valueOf(
    descriptor: ControlDescriptor,
    reported: ReadonlyMap<string, ControlValue> | undefined,
  ): ControlValue | undefined {
    if (descriptor.kind === 'button') return undefined;
    const { id } = descriptor;
    return reported?.get(id) ?? this.#chosen.get(id) ?? descriptor.default;
  }

  /** What makes others changeable stands before them in the source's list. */
  #inOrder(values: ReadonlyMap<string, ControlValue>): readonly (readonly [string, ControlValue])[] {
    const places = new Map(this.#options.source.controls().map(({ id }, place) => [id, place]));
    return [...values].sort(([a], [b]) => (places.get(a) ?? 1e9) - (places.get(b) ?? 1e9));
  }
}
