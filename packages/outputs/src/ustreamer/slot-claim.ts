import { type Micros, PinholeError } from '@pinhole/core';
import { peekSlot } from '@pinhole/native';

/** Whether a slot may be written: `looking` while that is not known yet, `taken` when another program writes into it. */
export type SlotClaimState = 'free' | 'looking' | 'taken';

/** µStreamer writes its placeholder once a second, a camera sooner: what stays as it is for so long is left behind. */
const QUIET = 2_500_000;

const MAGIC = [0xbe, 0xba, 0xfe, 0xca, 0xbe, 0xba, 0xfe, 0xca];
const ID_AT = 16;

/** Looks whether another program writes into a slot, before anything is written over its pictures. */
export class SlotClaim {
  readonly #name: string;
  #seen: { readonly id: bigint; readonly since: Micros; readonly state: 'looking' | 'taken' } | undefined;

  constructor(name: string) {
    this.#name = name;
  }

  /**
   * Looks once more; to be called a few times a second until it is free.
   * @throws {PinholeError} `native/missing`
   */
  look(now: Micros): SlotClaimState {
    const id = this.#id();
    if (id === undefined) {
      this.#seen = undefined;
      return 'free';
    }
    const before = this.#seen;
    if (before === undefined || before.id !== id) {
      this.#seen = { id, since: now, state: before === undefined ? 'looking' : 'taken' };
      return this.#seen.state;
    }
    if (now - before.since < QUIET) return before.state;
    this.#seen = undefined;
    return 'free';
  }

  /** Of the picture that is in it; undefined where there is no slot, or nothing in it. */
  #id(): bigint | undefined {
    try {
      const { prefix } = peekSlot(this.#name);
      if (MAGIC.some((byte, at) => prefix[at] !== byte)) return undefined;
      return new DataView(prefix.buffer, prefix.byteOffset, prefix.byteLength).getBigUint64(ID_AT, true);
    } catch (thrown) {
      // Whoever opens it to write hears why it cannot be opened.
      if (thrown instanceof PinholeError && thrown.code !== 'native/missing') return undefined;
      throw thrown;
    }
  }
}
