/** The last `capacity` values, oldest first; the value pushed out is counted, not lost silently. */
export class Ring<T> {
  readonly #slots: (T | undefined)[];
  #start = 0;
  #length = 0;
  #dropped = 0;

  constructor(capacity: number) {
    if (!Number.isInteger(capacity) || capacity < 1) throw new RangeError(`ring capacity ${capacity}`);
    this.#slots = Array.from({ length: capacity });
  }

  /** Values held now. */
  get length(): number {
    return this.#length;
  }

  /** Values pushed out by newer ones so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Appends a value; the oldest leaves when the ring is full. */
  push(value: T): void {
    const capacity = this.#slots.length;
    this.#slots[(this.#start + this.#length) % capacity] = value;
    if (this.#length < capacity) {
      this.#length++;
    } else {
      this.#start = (this.#start + 1) % capacity;
      this.#dropped++;
    }
  }

  /** Takes the oldest value out. */
  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const value = this.#slots[this.#start];
    this.#slots[this.#start] = undefined;
    this.#start = (this.#start + 1) % this.#slots.length;
    this.#length--;
    return value;
  }

  /** Forgets everything; the count of dropped values stays. */
  clear(): void {
    this.#slots.fill(undefined);
    this.#start = 0;
    this.#length = 0;
  }

  /** @yields the values, oldest first. */
  *[Symbol.iterator](): Generator<T, void, void> {
    for (let i = 0; i < this.#length; i++) yield this.#slots[(this.#start + i) % this.#slots.length] as T;
  }
}
