const DASH = 0x2d;
const CR = 0x0d;
const LF = 0x0a;
const LONGEST = 200;
/** Line ends that may lie between a body and its boundary. */
const LINE_END_BYTES = 4;

/**
 * The name of a boundary without the dashes around it, which senders put into the header, leave out, or double.
 * @returns undefined when nothing is left of it
 */
export function boundaryName(text: string): string | undefined {
  const name = text.trim().replace(/^-+|-+$/g, '');
  return name === '' || name.length > LONGEST || /[^\x20-\x7e]/.test(name) ? undefined : name;
}

/**
 * The boundary that a Content-Type names, quoted or not, with blanks or without.
 * @see RFC 2046 §5.1.1
 */
export function boundaryOfContentType(contentType: string): string | undefined {
  const [, quoted, plain] = /;\s*boundary\s*=\s*(?:"([^"]*)"|([^;]*))/i.exec(contentType) ?? [];
  return boundaryName(quoted ?? plain ?? '');
}

/** Looks for boundaries in bytes: two dashes or more, and the name. */
export class BoundaryFinder {
  readonly #name: Uint8Array;

  constructor(name: string) {
    this.#name = Uint8Array.from(name, (character) => character.charCodeAt(0));
  }

  /** Bytes that the shortest form takes. */
  get sizeBytes(): number {
    return 2 + this.#name.byteLength;
  }

  /** The first one; -1 without. */
  indexIn(bytes: Uint8Array): number {
    for (let at = bytes.indexOf(DASH); at !== -1; at = bytes.indexOf(DASH, at + 1))
      if (bytes[at + 1] === DASH && this.#named(bytes, at + 2) === 'yes') return at;
    return -1;
  }

  /** Whether one stands at `at`, behind line ends. */
  standsAt(bytes: Uint8Array, at: number): 'yes' | 'no' | 'more' {
    let start = at;
    while (start < at + LINE_END_BYTES && (bytes[start] === CR || bytes[start] === LF)) start++;
    let dashes = start;
    while (bytes[dashes] === DASH && dashes < start + LONGEST) dashes++;
    if (dashes === bytes.byteLength) return 'more';
    return dashes - start < 2 ? 'no' : this.#named(bytes, dashes);
  }

  #named(bytes: Uint8Array, at: number): 'yes' | 'no' | 'more' {
    for (let i = 0; i < this.#name.byteLength; i++) {
      if (at + i >= bytes.byteLength) return 'more';
      if (bytes[at + i] !== this.#name[i]) return 'no';
    }
    return 'yes';
  }
}
