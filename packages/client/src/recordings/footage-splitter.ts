import { MalformedError } from '@pinhole/core';
import { parseBoxHeader } from '@pinhole/media/fmp4';

/** A piece of footage that can be appended: what comes before all pictures, or some pictures. */
export interface FootageSegment {
  readonly kind: 'init' | 'fragment';
  readonly bytes: Uint8Array;
}

/** The server's own are below 5 MB; what is larger is not kept in memory. */
const LARGEST_SEGMENT_BYTES = 64 * 2 ** 20;

/** Cuts footage, which comes in pieces of any size, where it can be appended. */
export class FootageSplitter {
  #held = new Uint8Array(0);
  /** So many bytes of it are whole boxes of the segment under way. */
  #whole = 0;

  /**
   * Takes what came.
   * @returns what is whole now, in memory of its own
   * @throws {MalformedError} `fmp4/box`
   */
  push(bytes: Uint8Array): readonly FootageSegment[] {
    this.#hold(bytes);
    const found: FootageSegment[] = [];
    for (;;) {
      const header = parseBoxHeader(this.#held, this.#whole);
      if (header === undefined) break;
      const end = this.#whole + header.sizeBytes;
      if (end > LARGEST_SEGMENT_BYTES) {
        throw new MalformedError(
          'fmp4/box',
          `${end} bytes in one piece; more than ${LARGEST_SEGMENT_BYTES} are not kept`,
        );
      }
      if (end > this.#held.byteLength) break;
      this.#whole = end;
      if (header.type === 'moov') found.push(this.#take('init'));
      else if (header.type === 'mdat') found.push(this.#take('fragment'));
    }
    return found;
  }

  #take(kind: FootageSegment['kind']): FootageSegment {
    const bytes = this.#held.slice(0, this.#whole);
    this.#held = this.#held.subarray(this.#whole);
    this.#whole = 0;
    return { kind, bytes };
  }

  #hold(bytes: Uint8Array): void {
    const joined = new Uint8Array(this.#held.byteLength + bytes.byteLength);
    joined.set(this.#held);
    joined.set(bytes, this.#held.byteLength);
    this.#held = joined;
  }
}
