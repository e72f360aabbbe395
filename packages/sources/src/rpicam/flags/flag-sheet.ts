import { RpicamError } from '../rpicam-code.ts';

/** A command line as it grows, which knows the flags that the program has. */
export class FlagSheet {
  readonly #words: string[] = [];
  readonly #program: string;
  readonly #has: (flag: string) => boolean;

  /** `program` is for messages. */
  constructor(program: string, has: (flag: string) => boolean) {
    this.#program = program;
    this.#has = has;
  }

  /** The words so far. */
  get words(): readonly string[] {
    return this.#words;
  }

  /** The program knows this flag. */
  has(flag: string): boolean {
    return this.#has(flag);
  }

  /**
   * Adds a flag that nobody wrote in the settings, or that every such program has.
   */
  add(flag: string, ...values: readonly (string | number)[]): this {
    this.#words.push(flag, ...values.map(String));
    return this;
  }

  /**
   * Adds a flag that a setting asks for.
   * @throws {RpicamError} `source/bad-option` when this program does not have it.
   */
  ask(setting: string, flag: string, ...values: readonly (string | number)[]): this {
    if (!this.#has(flag)) {
      throw new RpicamError(
        'source/bad-option',
        `${setting}: ${this.#program} has no ${flag} here; leave the setting out, or update the program`,
      );
    }
    return this.add(flag, ...values);
  }
}
