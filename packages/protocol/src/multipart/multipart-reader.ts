import { BoundaryFinder, boundaryName } from './boundary.ts';
import { ByteWindow } from './byte-window.ts';
import {
  type BodyScan,
  MULTIPART_LIMITS,
  type MultipartCounters,
  type MultipartItem,
  type MultipartLimits,
  type PartHeaders,
} from './part.ts';
import { isTextType, latin1, lengthOf, printable } from './part-text.ts';

/** How a reader is made. */
export interface MultipartOptions {
  /** As `boundaryOfContentType` gives it; without it the reader learns it from the first one. */
  readonly boundary?: string | undefined;
  /** Begins to look for the end of a picture. */
  readonly scan: () => BodyScan;
  readonly limits?: Partial<MultipartLimits>;
}

/** Where the reader stands, and what it knows of the part it is in. */
type State =
  | { readonly kind: 'head'; readonly headers: Map<string, string> }
  | {
      readonly kind: 'picture';
      readonly headers: PartHeaders;
      readonly scan: BodyScan;
      /** Where the header says that it ends; it may say nothing, or was found wrong. */
      readonly length: number | undefined | 'wrong';
    }
  /** Behind a picture that ended before its length. */
  | { readonly kind: 'padding'; readonly bytes: number }
  | { readonly kind: 'skip'; readonly bytes: number }
  | { readonly kind: 'words'; readonly headers: PartHeaders; readonly length: number | undefined }
  /** Looks for a boundary, or from `picturesFrom` on for a picture. */
  | { readonly kind: 'lost'; readonly picturesFrom: number };

/** `used` bytes at the front are done with, or it takes more to tell. */
type Step = { readonly used: number; readonly next: State; readonly item?: MultipartItem } | 'more';

const [CR, LF] = [0x0d, 0x0a];
const [FF, SOI] = [0xff, 0xd8];
/** Two bytes of SOI and the first of what follows it. */
const START_BYTES = 3;
const FIELD = /^([!-9;-~]+)[ \t]*:[ \t]*([\t\x20-\xff]*)$/;

/**
 * Takes a multipart/x-mixed-replace stream of JPEG pictures apart as its bytes come, however it is malformed.
 *
 * ```
 * [--boundary] header lines, blank line │ picture │ line end --boundary header lines, blank line │ picture │ …
 * ```
 *
 * A picture ends where it says itself, so that it is there with its last byte whatever its Content-Length: missing,
 * padded, too large, too small. Boundaries may be missing, at the start or at all, in any dress of dashes; lines may end
 * with LF alone. After a part that cannot be read it goes on with the next boundary or picture. Any bytes are taken,
 * nothing throws; the same bytes give the same items in any pieces. Never holds more than one part at its limit and the
 * chunk that it ends in.
 *
 * @see RFC 2046 §5.1
 */
export class MultipartReader {
  readonly #scan: () => BodyScan;
  readonly #limits: MultipartLimits;
  readonly #window = new ByteWindow();
  #boundary: BoundaryFinder | undefined;
  #state: State = { kind: 'head', headers: new Map() };
  #expected = 0;
  #counters = { pictures: 0, truncated: 0, tooLarge: 0, foreign: 0, wrongLengths: 0, strayBytes: 0 };

  constructor(options: MultipartOptions) {
    this.#scan = options.scan;
    this.#limits = { ...MULTIPART_LIMITS, ...options.limits };
    this.#boundary = options.boundary === undefined ? undefined : new BoundaryFinder(options.boundary);
  }

  /** What it did so far. */
  get counters(): MultipartCounters {
    return this.#counters;
  }

  /** Bytes held of what is not complete yet. */
  get heldBytes(): number {
    return this.#window.bytes.byteLength;
  }

  /** Takes the next bytes, of any number; nobody may change them any more. @returns what they completed. */
  push(chunk: Uint8Array): MultipartItem[] {
    this.#window.push(chunk, { expected: this.#expected });
    const items: MultipartItem[] = [];
    while (this.#window.bytes.byteLength > 0) {
      const step = this.#step(this.#window.bytes);
      if (step === 'more') break;
      this.#window.drop(step.used);
      this.#state = step.next;
      if (step.item !== undefined) items.push(step.item);
    }
    return items;
  }

  /** The stream has ended. @returns text that nothing closed. */
  end(): MultipartItem[] {
    const state = this.#state;
    if (state.kind === 'picture') this.#counters.truncated++;
    this.#state = { kind: 'head', headers: new Map() };
    const bytes = this.#window.bytes;
    this.#window.drop(bytes.byteLength);
    return state.kind === 'words' ? [this.#words(state.headers, bytes)] : [];
  }

  #step(bytes: Uint8Array): Step {
    const state = this.#state;
    switch (state.kind) {
      case 'head':
        return this.#head(bytes, state.headers);
      case 'picture':
        return this.#picture(bytes, state);
      case 'padding':
        return this.#padding(bytes, state.bytes);
      case 'skip':
        return this.#skip(bytes, state.bytes);
      case 'words':
        return this.#text(bytes, state);
      case 'lost':
        return this.#find(bytes, state.picturesFrom);
    }
  }

  #head(bytes: Uint8Array, headers: Map<string, string>): Step {
    const picture = startsPicture(bytes);
    if (picture === 'more') return 'more';
    if (picture === 'yes') return { used: 0, next: this.#newPicture(headers) };
    const end = bytes.subarray(0, this.#limits.lineBytes).indexOf(LF);
    if (end === -1) return bytes.byteLength < this.#limits.lineBytes ? 'more' : this.#stray();
    const line = latin1(bytes.subarray(0, end)).replace(/\r$/, '');
    const used = end + 1;
    if (line === '') return { used, next: headers.size === 0 ? newHead() : this.#body(headers) };
    if (line.startsWith('--')) {
      // What the parts say counts, whatever the header of the whole said.
      const name = boundaryName(line);
      if (name !== undefined) this.#boundary = new BoundaryFinder(name);
      return { used, next: newHead() };
    }
    const [, name, value = ''] = FIELD.exec(line) ?? [];
    if (name === undefined && !/^[\t\x20-\x7e]*$/.test(line)) return lost(0);
    if (name === undefined) this.#counters.strayBytes += used;
    else if (headers.size < this.#limits.headerFields) headers.set(name.toLowerCase(), value.trim());
    return { used, next: { kind: 'head', headers } };
  }

  #stray(): Step {
    this.#counters.strayBytes++;
    return { used: 1, next: { kind: 'lost', picturesFrom: 0 } };
  }

  #body(headers: PartHeaders): State {
    const type = headers.get('content-type')?.toLowerCase() ?? 'image/jpeg';
    if (isTextType(type)) return { kind: 'words', headers, length: lengthOf(headers) };
    if (/^image\/|^application\/octet-stream/.test(type)) return this.#newPicture(headers);
    return this.#foreign(headers);
  }

  #newPicture(headers: PartHeaders): State {
    const length = lengthOf(headers);
    this.#expected = Math.max(this.#expected, Math.min(length ?? 0, this.#limits.partBytes));
    return { kind: 'picture', headers, scan: this.#scan(), length };
  }

  #foreign(headers: PartHeaders): State {
    this.#counters.foreign++;
    const length = lengthOf(headers);
    return length === undefined || length > this.#limits.partBytes
      ? { kind: 'lost', picturesFrom: 0 }
      : { kind: 'skip', bytes: length };
  }

  #picture(bytes: Uint8Array, state: Extract<State, { readonly kind: 'picture' }>): Step {
    const { headers, scan, length } = state;
    const { partBytes } = this.#limits;
    const limit = Math.min(typeof length === 'number' ? length : partBytes, partBytes);
    if (scan.offset === 0 && (bytes[0] === CR || bytes[0] === LF)) return { used: 1, next: state };
    const step = scan.advance(bytes.subarray(0, limit));
    if (step === 'end') return this.#whole(bytes, { headers, length, end: scan.offset });
    if (step === 'broken') {
      if (scan.offset === 0) return { used: 0, next: this.#foreign(headers) };
      this.#counters.truncated++;
      return lost(scan.offset);
    }
    if (bytes.byteLength < limit) return 'more';
    if (limit !== length) {
      this.#counters.tooLarge++;
      return lost(START_BYTES);
    }
    const ends = this.#boundary?.standsAt(bytes, limit) ?? 'no';
    if (ends === 'more') return 'more';
    if (ends === 'yes') {
      this.#counters.truncated++;
      return { used: limit, next: newHead() };
    }
    return { used: 0, next: { ...state, length: 'wrong' } };
  }

  #whole(
    bytes: Uint8Array,
    part: {
      readonly headers: PartHeaders;
      readonly length: Extract<State, { readonly kind: 'picture' }>['length'];
      readonly end: number;
    },
  ): Step {
    const { headers, length, end } = part;
    this.#counters.pictures++;
    if (length === 'wrong') this.#counters.wrongLengths++;
    const item: MultipartItem = { kind: 'picture', headers, body: bytes.subarray(0, end) };
    const rest = (typeof length === 'number' ? length : end) - end;
    return { used: end, item, next: rest > 0 ? { kind: 'padding', bytes: rest } : newHead() };
  }

  #padding(bytes: Uint8Array, count: number): Step {
    const boundary = this.#boundary?.standsAt(bytes, 0) ?? 'no';
    if (boundary === 'more') return 'more';
    if (boundary === 'no' && count <= this.#limits.partBytes)
      return { used: 0, next: { kind: 'skip', bytes: count } };
    this.#counters.wrongLengths++;
    return boundary === 'yes' ? { used: 0, next: newHead() } : lost(0);
  }

  #skip(bytes: Uint8Array, count: number): Step {
    const used = Math.min(count, bytes.byteLength);
    return { used, next: used === count ? newHead() : { kind: 'skip', bytes: count - used } };
  }

  #text(bytes: Uint8Array, { headers, length }: Extract<State, { readonly kind: 'words' }>): Step {
    const { textBytes } = this.#limits;
    const told = length !== undefined && length <= textBytes;
    const end = told ? length : (this.#boundary?.indexIn(bytes.subarray(0, textBytes)) ?? -1);
    if (end !== -1 && end <= bytes.byteLength)
      return { used: end, item: this.#words(headers, bytes.subarray(0, end)), next: newHead() };
    if (told || bytes.byteLength < textBytes) return 'more';
    const item = this.#words(headers, bytes.subarray(0, textBytes));
    return { used: textBytes, item, next: { kind: 'lost', picturesFrom: 0 } };
  }

  #words(headers: PartHeaders, bytes: Uint8Array): MultipartItem {
    return { kind: 'words', headers, text: printable(bytes) };
  }

  #find(bytes: Uint8Array, picturesFrom: number): Step {
    const boundary = this.#boundary?.indexIn(bytes) ?? -1;
    const picture = indexOfPicture(bytes, picturesFrom);
    const first = boundary === -1 || (picture !== -1 && picture < boundary) ? picture : boundary;
    if (first !== -1) {
      this.#counters.strayBytes += first;
      return { used: first, next: newHead() };
    }
    // What may be the beginning of one stays.
    const kept = Math.max(this.#boundary?.sizeBytes ?? 0, START_BYTES) - 1;
    const used = bytes.byteLength - kept;
    if (used <= 0) return 'more';
    this.#counters.strayBytes += used;
    return { used, next: { kind: 'lost', picturesFrom: Math.max(0, picturesFrom - used) } };
  }
}

const newHead = (): State => ({ kind: 'head', headers: new Map() });

const lost = (picturesFrom: number): Step => ({ used: 0, next: { kind: 'lost', picturesFrom } });

function startsPicture(bytes: Uint8Array): 'yes' | 'no' | 'more' {
  const [first, second = SOI, third = FF] = bytes;
  if (first !== FF || second !== SOI || third !== FF) return 'no';
  return bytes.byteLength < START_BYTES ? 'more' : 'yes';
}

function indexOfPicture(bytes: Uint8Array, from: number): number {
  for (let at = bytes.indexOf(FF, from); at !== -1; at = bytes.indexOf(FF, at + 1))
    if (bytes[at + 1] === SOI && bytes[at + 2] === FF) return at;
  return -1;
}
