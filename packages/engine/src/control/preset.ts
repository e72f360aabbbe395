import type { ControlValue } from './control-descriptor.ts';

/** A named set of values of one camera. */
export interface ControlPreset {
  readonly name: string;
  readonly values: ReadonlyMap<string, ControlValue>;
  /** Set when the program starts; one preset of a camera at most. */
  readonly atStart: boolean;
}

/** What a set of values led to. */
export interface AppliedValues {
  /** Those that hold now. */
  readonly applied: ReadonlyMap<string, ControlValue>;
  /** Those that could not be set, with the reason in words. */
  readonly skipped: readonly { readonly id: string; readonly code: string; readonly why: string }[];
}
