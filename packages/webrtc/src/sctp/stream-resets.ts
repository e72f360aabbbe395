import { CHUNK, PARAMETER, type SctpParameter } from './chunks.ts';
import { tsnAfter, tsnAhead } from './serial.ts';
import { serializeChunk, serializeParameters } from './serialize-packet.ts';

/** Results of a request (RFC 6525 §4.4). */
const RESULT = { nothingToDo: 0, performed: 1, wrongNumber: 5, inProgress: 6 } as const;

/** Streams that one request may name. */
const MAX_STREAMS = 128;

/** What the peer asked for or granted. */
export interface ResetOutcome {
  /** Chunks to send at once. */
  readonly replies: readonly Uint8Array[];
  /** Streams on which the peer sends anew. */
  readonly inbound: readonly number[];
  /** Streams on which we send anew. */
  readonly outbound: readonly number[];
}

/**
 * Ends streams, which is how data channels close: each side resets its own direction.
 * @see RFC 6525 §4.1, §4.4, §5; RFC 8831 §6.7
 */
export class StreamResets {
  /** Streams to be reset by us, once nothing of theirs waits. */
  readonly #wanted = new Set<number>();
  #pending:
    | { readonly sequence: number; readonly streams: readonly number[]; readonly chunk: Uint8Array }
    | undefined;
  #nextSequence: number;
  /** The peer's last request that was performed. */
  #peerSequence: number;

  constructor(options: { readonly firstTsn: number; readonly peerFirstTsn: number }) {
    this.#nextSequence = options.firstTsn;
    this.#peerSequence = tsnAfter(options.peerFirstTsn, -1);
  }

  /** Whether the peer has not granted what was asked for yet. */
  get pending(): boolean {
    return this.#pending !== undefined;
  }

  /** Wants a stream reset. */
  want(streamId: number): void {
    if (!this.#pending?.streams.includes(streamId)) this.#wanted.add(streamId);
  }

  /** The request to send, if one is due: what is wanted and no longer `busy`. */
  request(options: {
    readonly lastTsn: number;
    readonly busy: (streamId: number) => boolean;
  }): Uint8Array | undefined {
    if (this.#pending || this.#wanted.size === 0) return undefined;
    const streams = [...this.#wanted].filter((streamId) => !options.busy(streamId)).slice(0, MAX_STREAMS);
    if (streams.length === 0) return undefined;
    for (const streamId of streams) this.#wanted.delete(streamId);
    const sequence = this.#nextSequence;
    this.#nextSequence = tsnAfter(sequence);
    const value = new Uint8Array(12 + 2 * streams.length);
    const view = new DataView(value.buffer);
    view.setUint32(0, sequence);
    view.setUint32(4, this.#peerSequence);
    view.setUint32(8, options.lastTsn);
    for (const [index, streamId] of streams.entries()) view.setUint16(12 + 2 * index, streamId);
    const chunk = reconfigChunk({ type: PARAMETER.outgoingReset, value });
    this.#pending = { sequence, streams, chunk };
    return chunk;
  }

  /** The request that was not answered, to be sent again. */
  repeat(): Uint8Array | undefined {
    return this.#pending?.chunk;
  }

  /** Takes what the peer sent; `lastTsn` is the last that came of it without a gap. */
  handle(parameters: readonly SctpParameter[], lastTsn: number): ResetOutcome {
    const replies: Uint8Array[] = [];
    const inbound: number[] = [];
    const outbound: number[] = [];
    for (const { type, value } of parameters) {
      const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
      if (type === PARAMETER.outgoingReset && value.byteLength >= 12) {
        const { result, streams } = this.#grant(view, lastTsn);
        inbound.push(...streams);
        replies.push(response(view.getUint32(0), result));
      } else if (type === PARAMETER.resetResponse && value.byteLength >= 8) {
        outbound.push(...this.#granted(view.getUint32(0), view.getUint32(4)));
      }
    }
    return { replies, inbound, outbound };
  }

  #grant(
    request: DataView,
    lastTsn: number,
  ): { readonly result: number; readonly streams: readonly number[] } {
    const ahead = tsnAhead(request.getUint32(0), this.#peerSequence);
    // It did not hear that it was performed.
    if (ahead === 0) return { result: RESULT.performed, streams: [] };
    if (ahead !== 1) return { result: RESULT.wrongNumber, streams: [] };
    if (tsnAhead(request.getUint32(8), lastTsn) > 0) return { result: RESULT.inProgress, streams: [] };
    this.#peerSequence = request.getUint32(0);
    const streams: number[] = [];
    for (let at = 12; at + 2 <= request.byteLength && streams.length < MAX_STREAMS; at += 2) {
      streams.push(request.getUint16(at));
    }
    return { result: streams.length === 0 ? RESULT.nothingToDo : RESULT.performed, streams };
  }

  #granted(sequence: number, result: number): readonly number[] {
    const pending = this.#pending;
    if (pending?.sequence !== sequence || result === RESULT.inProgress) return [];
    this.#pending = undefined;
    return pending.streams;
  }
}

const response = (sequence: number, result: number): Uint8Array => {
  const value = new Uint8Array(8);
  const view = new DataView(value.buffer);
  view.setUint32(0, sequence);
  view.setUint32(4, result);
  return reconfigChunk({ type: PARAMETER.resetResponse, value });
};

const reconfigChunk = (parameter: SctpParameter): Uint8Array =>
  serializeChunk(CHUNK.reconfig, serializeParameters([parameter]));
