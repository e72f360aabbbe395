/** The header fields of one message: names in any case, a name possibly several times. */
export class RtspHeaders {
  readonly #fields: readonly (readonly [name: string, value: string])[];

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    this.#fields = [...fields];
  }

  /** The first value of a field. */
  get(name: string): string | undefined {
    return this.all(name)[0];
  }

  /** Every value of a field, in order. */
  all(name: string): readonly string[] {
    const wanted = name.toLowerCase();
    return this.#fields.flatMap(([field, value]) => (field.toLowerCase() === wanted ? [value] : []));
  }

  /** All fields as they came. */
  [Symbol.iterator](): Iterator<readonly [name: string, value: string]> {
    return this.#fields[Symbol.iterator]();
  }
}
