/** A control's value. */
export type ControlValue = number | boolean | string;

/** The headings under which pages put controls, in this order; another text is a heading of its own after them. */
export const CONTROL_GROUPS = [
  'Stream',
  'Picture',
  'Exposure',
  'White balance',
  'Focus',
  'Encoder',
  'Camera',
] as const;

/** A heading for controls that belong together. */
export type ControlGroup = (typeof CONTROL_GROUPS)[number] | (string & {});

/**
 * One thing of a camera that can be changed, described so that a page can build its own panel from it.
 *
 * Ids are lower case, words joined by hyphens, and those of the settings where a setting is meant: `brightness`,
 * `contrast`, `saturation`, `sharpness`, `exposure`, `shutter`, `gain`, `ev`, `awb`, `metering`, `size`, `fps`,
 * `bitrate`, …; so the same id means the same thing whatever the source, and other protocols' numbers map to it.
 */
export type ControlDescriptor = {
  readonly id: string;
  readonly label: string;
  /** `Camera` when left out. */
  readonly group?: ControlGroup;
  /** One sentence for people who do not know the term. */
  readonly help?: string;
  /** Whether a change restarts the camera or applies to the running one. */
  readonly applies: 'live' | 'restart';
  /** A value that does not suit may cost the picture, so a change is taken back unless somebody keeps it. */
  readonly risky?: true;
  /** Why it cannot be changed now, and what would have to be changed first; absent when it can. */
  readonly inactive?: string;
} & (
  | {
      readonly kind: 'range';
      readonly min: number;
      readonly max: number;
      /** Values are `min` plus a multiple of it; 0 where any number between will do. */
      readonly step: number;
      readonly default: number;
      /** As it stands behind the number: `µs`, `EV`, `K`, `frames/s`. */
      readonly unit?: string;
      /** A slider is spread by the logarithm: what counts is the ratio (exposure times). Needs `min` above 0. */
      readonly scale?: 'logarithmic';
    }
  | { readonly kind: 'switch'; readonly default: boolean }
  | {
      readonly kind: 'menu';
      readonly options: readonly { readonly value: string; readonly label: string }[];
      readonly default: string;
    }
  /** Does something once; it has no value, and is set with `true`. */
  | { readonly kind: 'button' }
);
