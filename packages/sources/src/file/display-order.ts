/** Pictures that H.264 lets a decoder hold back at most (H.264 §A.3.1, MaxDpbFrames). */
export const MAX_REORDER_PICTURES = 16;

/** A picture that waits for its place. */
interface Waiting<T> {
  readonly picture: T;
  readonly order: number;
  rank: number | undefined;
}

/**
 * Tells of pictures in decoding order which in order of display each is, for streams that carry an order (the picture
 * order count) but no times. Looks at most 16 pictures ahead.
 */
export class DisplayOrder<T> {
  #waiting: Waiting<T>[] = [];
  #unranked: Waiting<T>[] = [];
  #ranks = 0;

  /**
   * Takes the next picture. @param place Its order, which counts anew from each `restart` (an IDR picture) on.
   * @returns the pictures whose rank is certain now, in decoding order.
   */
  push(
    picture: T,
    place: { readonly order: number; readonly restart: boolean },
  ): readonly { readonly picture: T; readonly rank: number }[] {
    if (place.restart) this.#rankDownTo(0);
    const waiting: Waiting<T> = { picture, order: place.order, rank: undefined };
    this.#waiting.push(waiting);
    this.#unranked.push(waiting);
    this.#rankDownTo(MAX_REORDER_PICTURES);
    return this.#takeRanked();
  }

  /** The rest, at the end of the stream. */
  flush(): readonly { readonly picture: T; readonly rank: number }[] {
    this.#rankDownTo(0);
    return this.#takeRanked();
  }

  #rankDownTo(left: number): void {
    while (this.#unranked.length > left) {
      let first = 0;
      for (let i = 1; i < this.#unranked.length; i++) {
        if (orderAt(this.#unranked, i) < orderAt(this.#unranked, first)) first = i;
      }
      const [next] = this.#unranked.splice(first, 1);
      if (next !== undefined) next.rank = this.#ranks++;
    }
  }

  #takeRanked(): readonly { readonly picture: T; readonly rank: number }[] {
    const ready: { readonly picture: T; readonly rank: number }[] = [];
    for (const { picture, rank } of this.#waiting) {
      if (rank === undefined) break;
      ready.push({ picture, rank });
    }
    this.#waiting = this.#waiting.slice(ready.length);
    return ready;
  }
}

const orderAt = (list: readonly { readonly order: number }[], i: number): number =>
  list[i]?.order ?? Number.POSITIVE_INFINITY;
