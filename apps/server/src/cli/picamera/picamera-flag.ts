/** What follows a flag of pi-webrtc. */
export type FlagValue =
  /** Nothing: the flag alone switches something on. In a file: `true` or `false`. */
  | { readonly kind: 'switch' }
  | { readonly kind: 'text' }
  /** Text of a form, which `example` shows. */
  | { readonly kind: 'form'; readonly pattern: RegExp; readonly example: string }
  | { readonly kind: 'word'; readonly words: readonly string[] }
  | { readonly kind: 'number'; readonly min: number; readonly max: number; readonly step?: 1 };

/** One flag of pi-webrtc, and what becomes of it here. */
export interface PicameraFlag {
  /** Without dashes; in a file the same. */
  readonly name: string;
  readonly value: FlagValue;
  /** What pi-webrtc takes when nothing is said, as text; empty for nothing. */
  readonly default: string;
  /** The key of our configuration that it sets; undefined where it has no effect. */
  readonly key?: string;
  /** For people: what it does here, or why it does nothing. */
  readonly effect: string;
  /** What it was called, or was part of, in other versions. */
  readonly older?: readonly string[];
}

/** A flag that was given, by hand or in a file. */
export interface GivenFlag {
  readonly text: string;
  /** What a person calls the place: `--fps`, `config.yml:3:6: fps`. */
  readonly at: string;
}

/** All flags that were given, by the names of today. */
export type GivenFlags = ReadonlyMap<string, GivenFlag>;
