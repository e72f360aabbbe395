/** A control's value. */
export type ControlValue = number | boolean | string;

interface Described {
  readonly id: string;
  readonly label: string;
  /** The heading under which it belongs. */
  readonly group?: string | undefined;
  /** One sentence for people who do not know the term. */
  readonly help?: string | undefined;
  /** Whether a change restarts the camera; viewers stay connected. */
  readonly applies: 'live' | 'restart';
  /** Taken back after 10 s unless somebody keeps it. */
  readonly risky?: true | undefined;
  /** Why it cannot be changed now. */
  readonly inactive?: string | undefined;
}

/** One thing of the camera that can be changed, with its value now; a button has none. */
export type Control =
  | (Described & {
      readonly kind: 'range';
      readonly min: number;
      readonly max: number;
      /** 0 where any number between will do. */
      readonly step: number;
      readonly default: number;
      readonly unit?: string | undefined;
      readonly scale?: 'logarithmic' | undefined;
      readonly value: number;
    })
  | (Described & { readonly kind: 'switch'; readonly default: boolean; readonly value: boolean })
  | (Described & {
      readonly kind: 'menu';
      readonly options: readonly { readonly value: string; readonly label: string }[];
      readonly default: string;
      readonly value: string;
    })
  | (Described & { readonly kind: 'button' });

/** What a page says about controls. */
export type ControlMessage =
  | { readonly type: 'watch-controls' }
  | {
      readonly type: 'set-control';
      readonly requestId: number;
      readonly id: string;
      readonly value: ControlValue;
      /** It stays, risky or not. */
      readonly keep?: true;
    }
  | { readonly type: 'reset-controls'; readonly requestId: number; readonly id?: string }
  | { readonly type: 'keep-controls' | 'revert-controls'; readonly requestId: number };
