import type { DataChunk, ForwardTsnChunk, SackChunk } from './chunks.ts';
import { OffsetRanges } from './offset-ranges.ts';
import { ssnAfter, ssnAhead, tsnAfter, tsnAhead } from './serial.ts';

/** A message as it came. */
export interface InboundMessage {
  readonly streamId: number;
  readonly protocol: number;
  /** The taker's to keep. */
  readonly payload: Uint8Array;
}

/** What of a peer's is held at most. */
export interface InboundLimits {
  /** The longest message. */
  readonly messageBytes: number;
  /** All that waits for other chunks; what the window tells the peer. */
  readonly windowBytes: number;
}

/** How far ahead of the last chunk in order one may be. */
const MAX_AHEAD = 4096;
/** Gaps between chunks that came; each SACK tells of them. */
const MAX_RANGES = 128;
/** Streams that a peer may use. */
const MAX_STREAMS = 64;
/** Chunks and messages that wait for others, however short. */
const MAX_HELD = 4096;

/** What became of a chunk. */
export type Reception =
  | 'taken'
  | 'duplicate'
  /** Not taken, as if it were lost: more waits than may, or it is too far ahead. */
  | 'no-room'
  /** It breaks what was agreed on: a message that is too long, one stream too many. */
  | 'violation';

interface InboundStream {
  nextSsn: number;
  readonly waiting: Map<number, InboundMessage>;
}

/**
 * The receiving half of an association: which chunks came, and the messages they make.
 * @see RFC 9260 §6.2 (acknowledgement), §6.5, §6.6, §6.9 (order and reassembly), RFC 3758 §3.6
 */
export class Inbound {
  readonly #limits: InboundLimits;
  readonly #deliver: (message: InboundMessage) => void;
  readonly #ahead = new OffsetRanges();
  readonly #streams = new Map<number, InboundStream>();
  /** Parts of messages that are not whole, by TSN. */
  readonly #fragments = new Map<number, DataChunk>();
  /** All up to and with this one came. */
  #lastTsn: number;
  #heldBytes = 0;
  #held = 0;

  constructor(options: {
    readonly firstTsn: number;
    readonly limits: InboundLimits;
    readonly deliver: (message: InboundMessage) => void;
  }) {
    this.#limits = options.limits;
    this.#deliver = options.deliver;
    this.#lastTsn = tsnAfter(options.firstTsn, -1);
  }

  /** All up to and with this TSN came. */
  get lastTsn(): number {
    return this.#lastTsn;
  }

  /** Whether something is missing before what came. */
  get hasGaps(): boolean {
    return this.#ahead.all.length > 0;
  }

  /** What to tell the peer. */
  get sack(): SackChunk {
    const windowBytes = Math.max(0, this.#limits.windowBytes - this.#heldBytes);
    return { tsn: this.#lastTsn, windowBytes, gaps: this.#ahead.all };
  }

  /** Takes a chunk; its payload is copied where it has to wait. */
  receive(chunk: DataChunk): Reception {
    const offset = tsnAhead(chunk.tsn, this.#lastTsn);
    if (offset <= 0 || this.#ahead.has(offset)) return 'duplicate';
    if (offset > MAX_AHEAD) return 'no-room';
    const stream = this.#streamOf(chunk.streamId);
    if (!stream) return 'violation';
    const whole = chunk.first && chunk.last;
    const waits = !whole || (!chunk.unordered && chunk.ssn !== stream.nextSsn);
    // The next in order cannot wait for room: nothing else would ever make some.
    if (waits && !this.#hasRoom(chunk.payload)) return offset === 1 ? 'violation' : 'no-room';
    if (offset === 1) this.#lastTsn = tsnAfter(this.#lastTsn, this.#ahead.advance(1));
    else if (!this.#ahead.add(offset, MAX_RANGES)) return 'no-room';
    if (whole) {
      this.#complete(stream, chunk, chunk.payload.slice());
      return 'taken';
    }
    this.#fragments.set(chunk.tsn, { ...chunk, payload: chunk.payload.slice() });
    this.#hold(chunk.payload);
    return this.#assemble(stream, chunk) ? 'taken' : 'violation';
  }

  /** The peer gave up what did not come up to a TSN. @returns whether that was news. */
  forward({ tsn, streams }: ForwardTsnChunk): boolean {
    const count = tsnAhead(tsn, this.#lastTsn);
    if (count <= 0) return false;
    this.#lastTsn = tsnAfter(this.#lastTsn, this.#ahead.advance(count));
    for (const [fragmentTsn, { payload }] of this.#fragments) {
      if (tsnAhead(fragmentTsn, tsn) > 0) continue;
      this.#fragments.delete(fragmentTsn);
      this.#release(payload);
    }
    for (const { streamId, ssn } of streams) {
      const stream = this.#streamOf(streamId);
      if (stream && ssnAhead(ssn, stream.nextSsn) >= 0) this.#skip(stream, ssn);
    }
    return true;
  }

  /** The peer counts the messages of these streams from 0 again. */
  restart(streamIds: readonly number[]): void {
    for (const streamId of streamIds) {
      const stream = this.#streams.get(streamId);
      if (!stream) continue;
      for (const { payload } of stream.waiting.values()) this.#release(payload);
      this.#streams.delete(streamId);
    }
  }

  /** @returns false when the message is longer than may be. */
  #assemble(stream: InboundStream, chunk: DataChunk): boolean {
    let end: DataChunk | undefined = chunk;
    while (end && !end.last) end = this.#fragments.get(tsnAfter(end.tsn));
    // Most often it is the newest that came, and the rest is still on its way.
    if (!end) return true;
    const parts = [end];
    for (let part = end; !part.first; parts.push(part)) {
      const before = this.#fragments.get(tsnAfter(part.tsn, -1));
      if (!before) return true;
      part = before;
    }
    parts.reverse();
    const sizeBytes = parts.reduce((sum, { payload }) => sum + payload.byteLength, 0);
    for (const { tsn, payload } of parts) {
      this.#fragments.delete(tsn);
      this.#release(payload);
    }
    if (sizeBytes > this.#limits.messageBytes) return false;
    const message = new Uint8Array(sizeBytes);
    let at = 0;
    for (const { payload } of parts) {
      message.set(payload, at);
      at += payload.byteLength;
    }
    this.#complete(stream, chunk, message);
    return true;
  }

  #complete(stream: InboundStream, chunk: DataChunk, payload: Uint8Array): void {
    const { streamId, protocol, ssn, unordered } = chunk;
    const message = { streamId, protocol, payload };
    if (unordered) {
      this.#deliver(message);
      return;
    }
    const ahead = ssnAhead(ssn, stream.nextSsn);
    // Behind: it was given up before.
    if (ahead < 0 || stream.waiting.has(ssn)) return;
    stream.waiting.set(ssn, message);
    this.#hold(payload);
    if (ahead === 0) this.#drain(stream);
  }

  /** Hands over what no longer waits for a message before it. */
  #drain(stream: InboundStream): void {
    while (this.#hand(stream, stream.nextSsn)) stream.nextSsn = ssnAfter(stream.nextSsn);
  }

  /** Nothing up to `ssn` comes any more: what did come is handed over. */
  #skip(stream: InboundStream, ssn: number): void {
    const from = stream.nextSsn;
    const behind = [...stream.waiting.keys()].filter((waiting) => ssnAhead(waiting, ssn) <= 0);
    for (const waiting of behind.sort((a, b) => ssnAhead(a, from) - ssnAhead(b, from))) {
      this.#hand(stream, waiting);
    }
    stream.nextSsn = ssnAfter(ssn);
    this.#drain(stream);
  }

  #hand(stream: InboundStream, ssn: number): boolean {
    const message = stream.waiting.get(ssn);
    if (!message) return false;
    stream.waiting.delete(ssn);
    this.#release(message.payload);
    this.#deliver(message);
    return true;
  }

  #hasRoom({ byteLength }: Uint8Array): boolean {
    return this.#held < MAX_HELD && this.#heldBytes + byteLength <= this.#limits.windowBytes;
  }

  #hold({ byteLength }: Uint8Array): void {
    this.#held++;
    this.#heldBytes += byteLength;
  }

  #release({ byteLength }: Uint8Array): void {
    this.#held--;
    this.#heldBytes -= byteLength;
  }

  #streamOf(streamId: number): InboundStream | undefined {
    const known = this.#streams.get(streamId);
    if (known || this.#streams.size >= MAX_STREAMS) return known;
    const made: InboundStream = { nextSsn: 0, waiting: new Map() };
    this.#streams.set(streamId, made);
    return made;
  }
}
