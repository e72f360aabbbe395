import type { DataChunk, ForwardTsnChunk, SackChunk } from './chunks.ts';
import { CongestionWindow } from './congestion-window.ts';
import { type Fragment, MessageQueues, type MessageToSend, type OutboundMessage } from './message-queues.ts';
import { RetransmissionTimeout } from './retransmission-timeout.ts';
import { tsnAfter, tsnAhead } from './serial.ts';
import { MAX_PACKET_BYTES, MAX_PAYLOAD_BYTES } from './serialize-packet.ts';

/** A chunk that was sent and may have to be sent again. */
interface SentChunk extends DataChunk {
  readonly message: OutboundMessage;
  state: 'new' | 'flying' | 'acknowledged' | 'lost' | 'abandoned';
  sentCount: number;
  sentAtMs: number;
  /** Its place among all that was ever put on the way. */
  order: number;
  /** SACKs that told of chunks sent after it and not of it. */
  misses: number;
}

/** SACKs that have to pass a chunk over before it counts as lost (RFC 9260 §7.2.4). */
const MISSES_OF_LOSS = 3;

/** Packets that one acknowledgement sets free at most: more at once would overrun somebody's buffer. */
const BURST_BYTES = 16 * MAX_PACKET_BYTES;

/**
 * The sending half of an association: what waits, what is on the way, what has to go again, and what is given up.
 * @see RFC 9260 §6.1, §6.2.1, §6.3, §7.2, RFC 3758 §3.5 (partial reliability)
 */
export class Outbound {
  readonly #queues = new MessageQueues();
  readonly #window = new CongestionWindow();
  readonly #timeout = new RetransmissionTimeout();
  readonly #buffered = new Map<number, number>();
  /** What was sent and not confirmed for good, by TSN without a gap. */
  #sent: SentChunk[] = [];
  #nextTsn: number;
  /** All up to and with this one arrived or were given up, as the peer knows. */
  #confirmedTsn: number;
  #flightBytes = 0;
  #peerWindowBytes = MAX_PACKET_BYTES;
  /** Losses before it was reached are the same loss. */
  #recoveryEnd: number | undefined;
  #mustRetransmit = false;
  #lost = 0;
  #order = 0;
  /** The newest place of those that arrived. */
  #arrivedOrder = 0;
  /** Streams whose `bufferedOf` became less. */
  readonly #lighter = new Set<number>();
  #forward: ForwardTsnChunk | undefined;
  #timerMs: number | undefined;

  constructor(firstTsn: number) {
    this.#nextTsn = firstTsn;
    this.#confirmedTsn = tsnAfter(firstTsn, -1);
  }

  /** Bytes of a stream that were handed in and neither arrived nor were given up. */
  bufferedOf(streamId: number): number {
    return this.#buffered.get(streamId) ?? 0;
  }

  /** Whether all that was handed in arrived or was given up. */
  get idle(): boolean {
    return this.#queues.empty && this.#sent.length === 0;
  }

  /** The TSN of the last chunk that was sent. */
  get lastTsn(): number {
    return tsnAfter(this.#nextTsn, -1);
  }

  /** When `handleTimer` is due; undefined while nothing is on the way. */
  get timerMs(): number | undefined {
    return this.#timerMs;
  }

  /** Streams whose `bufferedOf` became less since the last time. */
  takeLighter(): readonly number[] {
    if (this.#lighter.size === 0) return [];
    const streams = [...this.#lighter];
    this.#lighter.clear();
    return streams;
  }

  push(message: MessageToSend): void {
    this.#queues.push(message);
    this.#buffered.set(message.streamId, this.bufferedOf(message.streamId) + message.payload.byteLength);
  }

  /** Messages of a stream of which nothing was sent yet. */
  waitingOn(streamId: number): number {
    return this.#queues.waitingOn(streamId);
  }

  /** Whether a stream has chunks that are not confirmed, or messages that wait. */
  busy(streamId: number): boolean {
    return this.#queues.holds(streamId) || this.#sent.some((chunk) => chunk.streamId === streamId);
  }

  /** The peer counts the stream's messages from 0 again. */
  restartStream(streamId: number): void {
    this.#queues.restart(streamId);
  }

  setPeerWindow(bytes: number): void {
    this.#peerWindowBytes = bytes;
  }

  /** Takes an acknowledgement. */
  acknowledge(sack: SackChunk, nowMs: number): void {
    const advance = tsnAhead(sack.tsn, this.#confirmedTsn);
    // An old one that was overtaken, or one of chunks that were never sent.
    if (advance < 0 || advance > this.#sent.length) return;
    const full = this.#flightBytes + MAX_PACKET_BYTES > this.#window.bytes;
    const flightBytes = this.#flightBytes;
    this.#peerWindowBytes = sack.windowBytes;
    this.#confirmedTsn = sack.tsn;
    const confirmed = this.#sent.splice(0, advance);
    const newest = confirmed.at(-1);
    if (newest?.state === 'flying' && newest.sentCount === 1) {
      this.#timeout.measure(nowMs - newest.sentAtMs);
      this.#window.measure(nowMs - newest.sentAtMs, nowMs);
    }
    for (const chunk of confirmed) this.#settle(chunk, 'acknowledged');
    this.#acknowledgeGaps(sack);
    if (this.#recoveryEnd !== undefined && tsnAhead(sack.tsn, this.#recoveryEnd) >= 0) {
      this.#recoveryEnd = undefined;
    }
    if (this.#recoveryEnd === undefined) this.#window.acknowledge(flightBytes - this.#flightBytes, { full });
    if (sack.gaps.length > 0) this.#strike();
    this.#advance();
    if (this.#sent.length === 0) this.#timerMs = undefined;
    else if (advance > 0) this.#timerMs = nowMs + this.#timeout.ms;
  }

  /** Nothing was acknowledged for too long: all that is on the way counts as lost. */
  handleTimer(nowMs: number): void {
    if (this.#timerMs === undefined || nowMs < this.#timerMs) return;
    this.#timeout.backOff();
    this.#window.timeout();
    this.#loseAll();
    this.#timerMs = this.#sent.length > 0 || this.#forward ? nowMs + this.#timeout.ms : undefined;
  }

  /** What is on the way takes a path that is no more: it goes again at once on the new one. */
  changePath(nowMs: number): void {
    this.#timeout.restart();
    this.#window.restart();
    this.#loseAll();
    if (this.#sent.length > 0) this.#timerMs = nowMs + this.#timeout.ms;
  }

  /** What the peer has to be told that was given up; undefined when it knows. */
  takeForward(nowMs: number): ForwardTsnChunk | undefined {
    const forward = this.#forward;
    this.#forward = undefined;
    if (forward) this.#timerMs ??= nowMs + this.#timeout.ms;
    return forward;
  }

  /** The chunks that may go now, in order; each call is one burst. */
  *take(nowMs: number): Generator<DataChunk> {
    let burstBytes = 0;
    for (const chunk of this.#lost > 0 ? this.#sent : []) {
      if (chunk.state !== 'lost') continue;
      // The first of what was lost goes at once, whatever the window says (RFC 9260 §7.2.4, 3).
      if (!this.#mustRetransmit && this.#flightBytes >= this.#window.bytes) break;
      if (burstBytes >= BURST_BYTES) return;
      this.#mustRetransmit = false;
      burstBytes += this.#fly(chunk, nowMs);
      yield chunk;
    }
    while (burstBytes < BURST_BYTES && this.#hasRoom()) {
      const fragment = this.#queues.take(MAX_PAYLOAD_BYTES);
      if (!fragment) return;
      const chunk = this.#chunkOf(fragment, nowMs);
      this.#sent.push(chunk);
      burstBytes += this.#fly(chunk, nowMs);
      yield chunk;
    }
  }

  /** A peer without room still gets one chunk at a time, so that it can tell when it has some again. */
  #hasRoom(): boolean {
    if (this.#flightBytes === 0) return true;
    return (
      this.#flightBytes < this.#window.bytes && this.#flightBytes + MAX_PAYLOAD_BYTES <= this.#peerWindowBytes
    );
  }

  #chunkOf({ message, payload, first, last }: Fragment, nowMs: number): SentChunk {
    const tsn = this.#nextTsn;
    this.#nextTsn = tsnAfter(tsn);
    const { streamId, protocol, ssn, ordered } = message;
    const unordered = !ordered;
    const data = { tsn, streamId, ssn, protocol, first, last, unordered, payload };
    return { ...data, message, state: 'new', sentCount: 0, sentAtMs: nowMs, order: 0, misses: 0 };
  }

  #fly(chunk: SentChunk, nowMs: number): number {
    if (chunk.state === 'lost') this.#lost--;
    // Sent again, the oldest has its time from now on (RFC 9260 §7.2.4, 4).
    if (chunk === this.#sent[0]) this.#timerMs = nowMs + this.#timeout.ms;
    chunk.state = 'flying';
    chunk.sentCount++;
    chunk.sentAtMs = nowMs;
    chunk.order = ++this.#order;
    chunk.misses = 0;
    this.#flightBytes += chunk.payload.byteLength;
    this.#timerMs ??= nowMs + this.#timeout.ms;
    return chunk.payload.byteLength;
  }

  /** It is no longer on the way, nor has it to be sent again. */
  #settle(chunk: SentChunk, state: 'acknowledged' | 'abandoned'): void {
    if (chunk.state === 'acknowledged' || chunk.state === 'abandoned') return;
    if (chunk.state === 'flying') this.#flightBytes -= chunk.payload.byteLength;
    if (chunk.state === 'lost') this.#lost--;
    if (state === 'acknowledged') this.#arrivedOrder = Math.max(this.#arrivedOrder, chunk.order);
    chunk.state = state;
    this.#unbuffer(chunk.streamId, chunk.payload.byteLength);
  }

  #acknowledgeGaps({ gaps }: SackChunk): void {
    for (const [first, last] of gaps) {
      for (let offset = first; offset <= Math.min(last, this.#sent.length); offset++) {
        const chunk = this.#sent[offset - 1];
        if (chunk) this.#settle(chunk, 'acknowledged');
      }
    }
  }

  /**
   * Counts what the peer passed over; what it passed over too often is lost. Only what was sent later counts against a
   * chunk, so that one which was sent again is not lost by the SACKs of its first time.
   */
  #strike(): void {
    for (const chunk of this.#sent) {
      if (chunk.state !== 'flying' || chunk.order > this.#arrivedOrder) continue;
      if (++chunk.misses < MISSES_OF_LOSS) continue;
      this.#lose(chunk);
      if (this.#recoveryEnd !== undefined) continue;
      this.#recoveryEnd = this.lastTsn;
      this.#window.loss();
      this.#mustRetransmit = true;
    }
  }

  #lose(chunk: SentChunk): void {
    this.#flightBytes -= chunk.payload.byteLength;
    chunk.state = 'lost';
    this.#lost++;
    const { message } = chunk;
    if (message.maxRetransmits !== undefined && chunk.sentCount > message.maxRetransmits)
      this.#abandon(message);
  }

  #loseAll(): void {
    for (const chunk of this.#sent) if (chunk.state === 'flying') this.#lose(chunk);
    this.#recoveryEnd = undefined;
    this.#mustRetransmit = true;
    this.#advance();
  }

  #abandon(message: OutboundMessage): void {
    message.abandoned = true;
    for (const chunk of this.#sent) if (chunk.message === message) this.#settle(chunk, 'abandoned');
    this.#unbuffer(message.streamId, message.payload.byteLength - message.taken);
  }

  /** Tells the peer not to wait for what was given up at the front (RFC 3758 §3.5, A3 and C1). */
  #advance(): void {
    let count = 0;
    const streams = new Map<number, number>();
    for (const chunk of this.#sent) {
      if (chunk.state !== 'abandoned') break;
      count++;
      if (!chunk.unordered) streams.set(chunk.streamId, chunk.ssn);
    }
    if (count === 0) return;
    this.#forward = {
      tsn: tsnAfter(this.#confirmedTsn, count),
      streams: [...streams].map(([streamId, ssn]) => ({ streamId, ssn })),
    };
  }

  #unbuffer(streamId: number, bytes: number): void {
    this.#buffered.set(streamId, this.bufferedOf(streamId) - bytes);
    this.#lighter.add(streamId);
  }
}
