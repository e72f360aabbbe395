/** Numbers that came out of order: offsets from a point that moves on, as ranges that neither touch nor overlap. */
export class OffsetRanges {
  /** Both ends included, in order. */
  #ranges: [first: number, last: number][] = [];

  get all(): readonly (readonly [first: number, last: number])[] {
    return this.#ranges;
  }

  /** @returns whether it is in here. */
  has(offset: number): boolean {
    const range = this.#ranges[this.#indexAfter(offset) - 1];
    return range !== undefined && offset <= range[1];
  }

  /**
   * Takes one that is not in here.
   * @returns false when that would make more than `maxRanges` ranges: it was not taken.
   */
  add(offset: number, maxRanges: number): boolean {
    const index = this.#indexAfter(offset);
    const before = this.#ranges[index - 1];
    const after = this.#ranges[index];
    const joinsBefore = before !== undefined && before[1] === offset - 1;
    const joinsAfter = after !== undefined && after[0] === offset + 1;
    if (joinsBefore && joinsAfter) {
      before[1] = after[1];
      this.#ranges.splice(index, 1);
    } else if (joinsBefore) before[1] = offset;
    else if (joinsAfter) after[0] = offset;
    else if (this.#ranges.length >= maxRanges) return false;
    else this.#ranges.splice(index, 0, [offset, offset]);
    return true;
  }

  /** Moves the point on by `count`, and past what is in here without a gap from there. @returns by how much in all. */
  advance(count: number): number {
    let by = count;
    const [first] = this.#ranges;
    if (!first) return by;
    this.#ranges = this.#ranges.filter(([from, to]) => {
      if (from <= by + 1) by = Math.max(by, to);
      return to > by;
    });
    for (const range of this.#ranges) {
      range[0] -= by;
      range[1] -= by;
    }
    return by;
  }

  /** Index of the first range that begins after `offset`. */
  #indexAfter(offset: number): number {
    let low = 0;
    let high = this.#ranges.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#ranges[middle]?.[0] ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
