import { type Micros, micros } from '@pinhole/core';
import type { ControlValue } from './control-descriptor.ts';

/** Risky changes that nobody has said yet to keep. */
export interface Unkept {
  /** What each changed control goes back to. */
  readonly previous: ReadonlyMap<string, ControlValue>;
  /** Who made the last of the changes. */
  readonly by: string;
  readonly revertAt: Micros;
}

/** What a guard is made with. */
export interface RevertGuardOptions {
  readonly now: () => Micros;
  /** Gives the camera these values back. @returns whether all of them hold again. */
  readonly putBack: (values: ReadonlyMap<string, ControlValue>) => Promise<boolean>;
  readonly changed: (unkept: Unkept | undefined) => void;
}

/** How long a person has to say that the picture is still there. */
export const REVERT_AFTER = micros(10_000_000);

/** A revert that the camera refused is tried again so soon, and so many times in all. */
const REVERT_AGAIN = micros(2_000_000);
const MAX_REVERTS = 5;

/** Takes risky changes back unless somebody keeps them: the person may not see the camera any more. */
export class RevertGuard {
  readonly #options: RevertGuardOptions;
  #unkept: Unkept | undefined;
  #reverts = 0;
  #reverting: Promise<void> | undefined;

  constructor(options: RevertGuardOptions) {
    this.#options = options;
  }

  get unkept(): Unkept | undefined {
    return this.#unkept;
  }

  /** A risky change was made; the time begins anew. A control that is again what it was is none of it any more. */
  note(change: {
    readonly id: string;
    readonly before: ControlValue;
    readonly after: ControlValue;
    readonly by: string;
  }): void {
    const previous = new Map(this.#unkept?.previous);
    const goesBackTo = previous.get(change.id) ?? change.before;
    if (goesBackTo === change.after) previous.delete(change.id);
    else previous.set(change.id, goesBackTo);
    this.#set(previous, change.by, micros(this.#options.now() + REVERT_AFTER));
  }

  /** All risky changes stay, or that of one control. */
  keep(id?: string): void {
    const { previous, by, revertAt } = this.#unkept ?? {};
    if (previous === undefined || by === undefined || revertAt === undefined) return;
    if (id !== undefined && !previous.has(id)) return;
    const left = new Map(id === undefined ? [] : previous);
    if (id !== undefined) left.delete(id);
    this.#set(left, by, revertAt);
  }

  /** Takes them back now. What the camera refuses is tried again by `tick`, a few times. */
  revert(): Promise<void> {
    this.#reverting ??= this.#revert().finally(() => {
      this.#reverting = undefined;
    });
    return this.#reverting;
  }

  /** Takes back what nobody kept in time. */
  tick(): void {
    if (this.#unkept && this.#options.now() >= this.#unkept.revertAt) void this.revert();
  }

  async #revert(): Promise<void> {
    const unkept = this.#unkept;
    if (!unkept) return;
    const all = await this.#options.putBack(unkept.previous);
    // Somebody kept it, or changed more, while the camera was busy.
    if (this.#unkept !== unkept) return;
    this.#reverts++;
    if (all || this.#reverts >= MAX_REVERTS) this.keep();
    else this.#set(unkept.previous, unkept.by, micros(this.#options.now() + REVERT_AGAIN));
  }

  #set(previous: ReadonlyMap<string, ControlValue>, by: string, revertAt: Micros): void {
    const nothing = previous.size === 0;
    if (nothing) this.#reverts = 0;
    if (nothing && !this.#unkept) return;
    this.#unkept = nothing ? undefined : { previous, by, revertAt };
    this.#options.changed(this.#unkept);
  }
}
