import { CHUNK, type SctpChunk, type SctpPacket } from './chunks.ts';
import { Inbound, type InboundLimits, type InboundMessage } from './inbound.ts';
import type { MessageToSend } from './message-queues.ts';
import { OneTimer } from './one-timer.ts';
import { Opening, type OpeningChunk } from './opening.ts';
import { Outbound } from './outbound.ts';
import { PacketWriter } from './packet-writer.ts';
import { parsePacket } from './parse-packet.ts';
import { serializeChunk, serializeForwardTsn, serializeSack } from './serialize-packet.ts';
import { StreamResets } from './stream-resets.ts';

/** What an association is made with. */
export interface AssociationOptions {
  readonly localPort: number;
  readonly remotePort: number;
  readonly limits: InboundLimits;
  /** Never steps back. */
  readonly nowMs: () => number;
  /** Calls `done` once after so long. @returns a function that prevents it. */
  readonly after: (ms: number, done: () => void) => () => void;
  /** Unguessable, 1…2^32−1. */
  readonly random: () => number;
  readonly send: (packet: Uint8Array) => void;
  /** Messages can be sent. */
  readonly up: () => void;
  readonly message: (message: InboundMessage) => void;
  /** A stream's `bufferedOf` became less. */
  readonly lighter: (streamId: number) => void;
  /** The peer ended these streams, or granted that we end them. */
  readonly ended: (streamIds: readonly number[]) => void;
  /** It is over: the peer said so, or broke what was agreed on, or `abort` was called. */
  readonly down: () => void;
}

const RESET_AGAIN_MS = 1000;
const SACK_DELAY_MS = 100;

/**
 * One SCTP association inside DTLS.
 * @see RFC 9260 §6 (data), RFC 3758 (messages that are given up), RFC 6525 (streams that end), RFC 8261 (over DTLS)
 */
export class Association {
  readonly #options: AssociationOptions;
  readonly #tag: number;
  readonly #firstTsn: number;
  readonly #opening: Opening;
  readonly #outbound: Outbound;
  readonly #writer: PacketWriter;
  readonly #timer: OneTimer;
  #inbound: Inbound | undefined;
  #resets: StreamResets | undefined;
  #down = false;
  #resetAtMs: number | undefined;
  #sack: 'none' | 'later' | 'now' = 'none';
  #sackAtMs: number | undefined;

  constructor(options: AssociationOptions) {
    this.#options = options;
    const { random, limits } = options;
    this.#tag = random();
    this.#firstTsn = random();
    const { windowBytes } = limits;
    const cookie = new Uint8Array(Uint32Array.from({ length: 4 }, random).buffer);
    this.#opening = new Opening({ tag: this.#tag, firstTsn: this.#firstTsn, windowBytes }, cookie);
    this.#outbound = new Outbound(this.#firstTsn);
    this.#writer = new PacketWriter(options);
    this.#timer = new OneTimer({ ...options, due: () => this.#handleTimer() });
  }

  /** Whether messages can be sent. */
  get isUp(): boolean {
    return this.#opening.isUp && !this.#down;
  }

  /** Whether all that was sent arrived or was given up. */
  get idle(): boolean {
    return this.#outbound.idle;
  }

  /** Bytes of a stream that were sent and neither arrived nor were given up. */
  bufferedOf(streamId: number): number {
    return this.#outbound.bufferedOf(streamId);
  }

  /** Messages of a stream of which nothing was sent yet. */
  waitingOn(streamId: number): number {
    return this.#outbound.waitingOn(streamId);
  }

  /** Waits for the peer to open it, and opens it when that does not come. */
  start(): void {
    this.#opening.start(this.#options.nowMs());
    this.#transmit();
  }

  /** Sends a message; its bytes may not be changed until they left. */
  send(message: MessageToSend): void {
    const forwards = this.#opening.peer?.forwards === true;
    this.#outbound.push({ ...message, maxRetransmits: forwards ? message.maxRetransmits : undefined });
    this.#transmit();
  }

  /** Ends a stream once what was sent on it is gone. */
  end(streamId: number): void {
    if (this.isUp && this.#opening.peer?.resets === true) {
      this.#resets?.want(streamId);
      this.#transmit();
    } else this.#options.ended([streamId]);
  }

  /** What is on the way took a path that is no more. */
  changePath(): void {
    this.#outbound.changePath(this.#options.nowMs());
    this.#transmit();
  }

  /**
   * Takes a packet.
   * @returns false for one that is none, is of another association, breaks the rules, or had no room.
   */
  receive(bytes: Uint8Array): boolean {
    if (this.#down) return true;
    const packet = parsePacket(bytes, { zeroChecksum: true });
    if (!packet || !this.#isOurs(packet)) return false;
    let fair = true;
    const waited = this.#sack === 'later';
    for (const chunk of packet.chunks) {
      fair = this.#take(chunk) && fair;
      // What is behind one of a type unknown whose first bit is not set is passed over too (RFC 9260 §3.2).
      if (this.#down || (chunk.kind === 'unknown' && chunk.type < 128)) break;
    }
    // Every second packet at the latest (RFC 9260 §6.2).
    if (waited && packet.chunks.some(({ kind }) => kind === 'data')) this.#sack = 'now';
    this.#transmit();
    return fair;
  }

  /** Ends it and tells the peer. May be called again. */
  abort(): void {
    if (this.#down) return;
    if (this.#opening.peer) this.#writer.send([serializeChunk(CHUNK.abort)]);
    this.#finish();
  }

  #finish(): void {
    this.#down = true;
    this.#timer.cancel();
    this.#options.down();
  }

  #isOurs({ tag, chunks }: SctpPacket): boolean {
    if (chunks.some(({ kind }) => kind === 'init')) return tag === 0 && chunks.length === 1;
    // With its own tag a peer ends what it knows nothing of (RFC 9260 §8.5.1).
    return tag === this.#tag || (tag === this.#opening.peer?.tag && chunks[0]?.kind === 'abort');
  }

  /** @returns false when it makes no sense, or there is no room. */
  #take(chunk: SctpChunk): boolean {
    switch (chunk.kind) {
      case 'data':
        return this.#takeData(chunk);
      case 'sack':
        this.#outbound.acknowledge(chunk, this.#options.nowMs());
        return this.isUp;
      case 'forward-tsn':
        this.#sack = 'now';
        this.#inbound?.forward(chunk);
        return this.isUp;
      case 'reconfig':
        return this.#takeReconfig(chunk.parameters);
      case 'heartbeat':
        this.#writer.send([serializeChunk(CHUNK.heartbeatAck, chunk.body)]);
        return true;
      case 'shutdown':
        this.#writer.send([serializeChunk(CHUNK.shutdownAck)]);
        this.#finish();
        return true;
      case 'abort':
      case 'shutdown-ack':
      case 'shutdown-complete':
        this.#finish();
        return true;
      case 'heartbeat-ack':
      case 'error':
      case 'unknown':
        return true;
      case 'init':
      case 'init-ack':
      case 'cookie-echo':
      case 'cookie-ack':
        return this.#takeOpening(chunk);
    }
  }

  #takeOpening(chunk: OpeningChunk): boolean {
    const opening = this.#opening;
    const { peer: peerBefore, isUp: wasUp } = opening;
    const { fair, reply } = opening.handle(chunk, this.#options.nowMs());
    const { peer } = opening;
    if (peer && peer !== peerBefore) {
      const { limits, message } = this.#options;
      this.#inbound = new Inbound({ firstTsn: peer.firstTsn, limits, deliver: message });
      this.#resets = new StreamResets({ firstTsn: this.#firstTsn, peerFirstTsn: peer.firstTsn });
      this.#outbound.setPeerWindow(peer.windowBytes);
      this.#writer.address(peer);
    }
    if (reply) this.#writer.send([reply]);
    if (opening.isUp && !wasUp) {
      if (peer?.zeroChecksum) this.#writer.omitChecksums();
      this.#options.up();
    }
    return fair;
  }

  #takeData(chunk: SctpChunk & { readonly kind: 'data' }): boolean {
    const inbound = this.#inbound;
    if (!inbound) return false;
    const before = inbound.hasGaps;
    const reception = inbound.receive(chunk);
    if (reception === 'violation') {
      this.abort();
      return false;
    }
    if (chunk.immediate || before || inbound.hasGaps || reception !== 'taken') this.#sack = 'now';
    else if (this.#sack === 'none') {
      this.#sack = 'later';
      this.#sackAtMs = this.#options.nowMs() + SACK_DELAY_MS;
    }
    return reception !== 'no-room';
  }

  #takeReconfig(parameters: Parameters<StreamResets['handle']>[0]): boolean {
    const resets = this.#resets;
    const inbound = this.#inbound;
    if (!resets || !inbound) return false;
    const outcome = resets.handle(parameters, inbound.lastTsn);
    inbound.restart(outcome.inbound);
    for (const streamId of outcome.outbound) this.#outbound.restartStream(streamId);
    if (!resets.pending) this.#resetAtMs = undefined;
    if (outcome.replies.length > 0) this.#writer.send(outcome.replies);
    const ended = [...outcome.inbound, ...outcome.outbound];
    if (ended.length > 0) this.#options.ended(ended);
    return true;
  }

  /** Sends all that may go now. */
  #transmit(): void {
    if (this.isUp) {
      const nowMs = this.#options.nowMs();
      this.#writer.sendAll(this.#dueChunks(nowMs), this.#outbound.take(nowMs));
    }
    if (this.#down) return;
    this.#timer.set([this.#opening.timerMs, this.#sackAtMs, this.#resetAtMs, this.#outbound.timerMs]);
    for (const streamId of this.#outbound.takeLighter()) this.#options.lighter(streamId);
  }

  /** What goes before data. */
  #dueChunks(nowMs: number): readonly Uint8Array[] {
    const chunks: Uint8Array[] = [];
    if (this.#sack === 'now' && this.#inbound) {
      chunks.push(serializeSack(this.#inbound.sack));
      this.#sack = 'none';
      this.#sackAtMs = undefined;
    }
    const forward = this.#outbound.takeForward(nowMs);
    if (forward) chunks.push(serializeForwardTsn(forward));
    const reset = this.#resets?.request({
      lastTsn: this.#outbound.lastTsn,
      busy: (streamId) => this.#outbound.busy(streamId),
    });
    if (reset) {
      this.#resetAtMs = nowMs + RESET_AGAIN_MS;
      chunks.push(reset);
    }
    return chunks;
  }

  /** Does what has come due. */
  #handleTimer(): void {
    const nowMs = this.#options.nowMs();
    const opening = this.#opening.handleTimer(nowMs);
    if (opening) this.#writer.send([opening]);
    if (this.#sackAtMs !== undefined && nowMs >= this.#sackAtMs) {
      this.#sack = 'now';
      this.#sackAtMs = undefined;
    }
    if (this.#resetAtMs !== undefined && nowMs >= this.#resetAtMs) {
      const again = this.#resets?.repeat();
      this.#resetAtMs = again && nowMs + RESET_AGAIN_MS;
      if (again) this.#writer.send([again]);
    }
    this.#outbound.handleTimer(nowMs);
    this.#transmit();
  }
}
