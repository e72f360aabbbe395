/** A control's value. */
export type ControlValue = number | boolean | string;

/** One thing of a camera that can be changed, described so that a page can build its own panel from it. */
export type ControlDescriptor = {
  readonly id: string;
  readonly label: string;
  /** Whether a change restarts the camera or applies to the running one. */
  readonly applies: 'live' | 'restart';
} & (
  | {
      readonly kind: 'range';
      readonly min: number;
      readonly max: number;
      readonly step: number;
      readonly default: number;
    }
  | { readonly kind: 'switch'; readonly default: boolean }
  | {
      readonly kind: 'menu';
      readonly options: readonly { readonly value: string; readonly label: string }[];
      readonly default: string;
    }
);
