import { MalformedError } from '@pinhole/core';
import { RTSP_LIMITS, type RtspLimits } from './limits.ts';
import { type InterleavedFrame, RTSP_METHODS, type RtspMessage } from './message.ts';
import { parseRtspHead, type RtspHead } from './parse-head.ts';

/** What lies on an RTSP connection, in its order. */
export type RtspItem = InterleavedFrame | RtspMessage;

const DOLLAR = 0x24;
const LF = 0x0a;
const CR = 0x0d;
const FRAME_HEADER_BYTES = 4;
/** Where framing was lost, a `$` counts as a frame only when such a channel follows: servers number them from 0. */
const RESYNC_CHANNELS = 16;
const MESSAGE_STARTS = ['RTSP/', ...RTSP_METHODS.map((method) => `${method} `)];
const LONGEST_START = Math.max(...MESSAGE_STARTS.map((start) => start.length));
/** The first two letters as one number: most stray bytes are told by it. */
const FIRST_PAIRS = new Set(MESSAGE_STARTS.map((start) => start.charCodeAt(0) * 256 + start.charCodeAt(1)));
const TO_UPPER_CASE = 0xdfdf;
const EMPTY = new Uint8Array();

/** What was found at the front: `used` bytes of it, or that it takes `need` bytes to tell. */
type Step = { readonly used: number; readonly item?: RtspItem } | { readonly need: number };

/**
 * Takes an RTSP connection apart as its bytes come: messages, and between them the frames of RTP and RTCP.
 *
 * ```
 * |  0x24 '$'  |  channel  |   length, big-endian   | payload … |
 * ```
 *
 * Bytes that belong to neither, as some cameras put between frames, are passed over up to the next plausible start and
 * counted. Never holds more than one item and the chunk that it ends in.
 *
 * @see RFC 2326 §10.12
 */
export class RtspReader {
  readonly #limits: RtspLimits;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #needBytes = 1;
  #head: RtspHead | undefined;
  #strayBytes = 0;
  #strayInARow = 0;

  constructor(limits: Partial<RtspLimits> = {}) {
    this.#limits = { ...RTSP_LIMITS, ...limits };
  }

  /** Bytes passed over because they belonged to nothing. */
  get strayBytes(): number {
    return this.#strayBytes;
  }

  /**
   * Takes the next bytes, of any number; they are kept and handed on as views, so nobody may change them.
   * @returns what they completed.
   * @throws {MalformedError} `rtsp/*` for what cannot be read; the connection is of no use then. This is the only throw.
   */
  push(chunk: Uint8Array): RtspItem[] {
    this.#held.push(chunk);
    this.#heldBytes += chunk.byteLength;
    if (this.#heldBytes < this.#needBytes) return [];
    const bytes = this.#joined();
    const items: RtspItem[] = [];
    let at = 0;
    for (;;) {
      const step = this.#step(bytes.subarray(at));
      if ('need' in step) {
        this.#needBytes = step.need;
        break;
      }
      at += step.used;
      if (step.item !== undefined) items.push(step.item);
    }
    const rest = bytes.subarray(at);
    this.#held = rest.byteLength === 0 ? [] : [rest];
    this.#heldBytes = rest.byteLength;
    return items;
  }

  #joined(): Uint8Array {
    const [only = EMPTY] = this.#held;
    if (this.#held.length === 1) return only;
    const bytes = new Uint8Array(this.#heldBytes);
    let at = 0;
    for (const chunk of this.#held) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }

  #step(bytes: Uint8Array): Step {
    if (this.#head !== undefined) return this.#body(bytes, this.#head);
    const [first] = bytes;
    if (first === undefined) return { need: 1 };
    if (first === DOLLAR) return this.#frame(bytes);
    // Empty lines in front of a message are no fault (RFC 2326 §4.1, by way of RFC 2068 §4.1).
    if (first === CR || first === LF) return { used: 1 };
    const start = startOfMessage(bytes);
    if (start === 'no') return this.#skip(bytes);
    return start === 'yes' ? this.#message(bytes) : { need: bytes.byteLength + 1 };
  }

  #frame(bytes: Uint8Array): Step {
    const [, channel, high, low] = bytes;
    if (channel === undefined || high === undefined || low === undefined) return { need: FRAME_HEADER_BYTES };
    const end = FRAME_HEADER_BYTES + high * 256 + low;
    if (bytes.byteLength < end) return { need: end };
    this.#strayInARow = 0;
    const payload = bytes.subarray(FRAME_HEADER_BYTES, end);
    return { used: end, item: { kind: 'interleaved', channel, payload } };
  }

  #message(bytes: Uint8Array): Step {
    const headBytes = endOfHead(bytes);
    if ((headBytes ?? bytes.byteLength) > this.#limits.headBytes) {
      throw new MalformedError(
        'rtsp/head-too-large',
        `a message head of more than ${this.#limits.headBytes} bytes`,
      );
    }
    if (headBytes === undefined) return { need: bytes.byteLength + 1 };
    this.#head = parseRtspHead(latin1(bytes.subarray(0, headBytes)), this.#limits);
    this.#strayInARow = 0;
    return { used: headBytes };
  }

  #body(bytes: Uint8Array, { message, bodyBytes }: RtspHead): Step {
    if (bytes.byteLength < bodyBytes) return { need: bodyBytes };
    this.#head = undefined;
    return { used: bodyBytes, item: { ...message, body: bytes.subarray(0, bodyBytes) } };
  }

  #skip(bytes: Uint8Array): Step {
    let used = 1;
    while (used < bytes.byteLength && !mayStart(bytes, used)) used++;
    this.#strayBytes += used;
    this.#strayInARow += used;
    if (this.#strayInARow > this.#limits.strayBytes) {
      throw new MalformedError(
        'rtsp/unframed',
        `${this.#strayInARow} bytes that are neither RTSP messages nor frames: is this an RTSP server?`,
      );
    }
    return { used };
  }
}

/** Whether an item may start at `at`, which is behind bytes that belonged to nothing. */
function mayStart(bytes: Uint8Array, at: number): boolean {
  if (bytes[at] === DOLLAR) return (bytes[at + 1] ?? 0) < RESYNC_CHANNELS;
  return startOfMessage(bytes.subarray(at, at + LONGEST_START)) !== 'no';
}

function startOfMessage(bytes: Uint8Array): 'yes' | 'no' | 'maybe' {
  const [first = 0, second] = bytes;
  if (second !== undefined && !FIRST_PAIRS.has((first * 256 + second) & TO_UPPER_CASE)) return 'no';
  const text = latin1(bytes.subarray(0, LONGEST_START)).toUpperCase();
  if (MESSAGE_STARTS.some((start) => text.startsWith(start))) return 'yes';
  return MESSAGE_STARTS.some((start) => start.startsWith(text)) ? 'maybe' : 'no';
}

/** The offset behind the empty line; undefined while there is none. */
function endOfHead(bytes: Uint8Array): number | undefined {
  for (let lf = bytes.indexOf(LF); lf !== -1; lf = bytes.indexOf(LF, lf + 1)) {
    const next = bytes[lf + 1] === CR ? lf + 2 : lf + 1;
    if (bytes[next] === LF) return next + 1;
  }
  return undefined;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
