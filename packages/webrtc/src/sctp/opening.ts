import { CHUNK, type SctpChunk } from './chunks.ts';
import { cookieEchoOf, initAckOf, initOf, peerOf, type SctpPeer, type SctpSelf } from './handshake.ts';
import { serializeChunk } from './serialize-packet.ts';

/** The peer opens too, most often at once (RFC 8831 §6.2): one that has not by then is opened to. */
const OPEN_AFTER_MS = 300;
const AGAIN_AFTER_MS = 500;

/** A chunk of the handshake. */
export type OpeningChunk = Extract<
  SctpChunk,
  { readonly kind: 'init' | 'init-ack' | 'cookie-echo' | 'cookie-ack' }
>;

/** What a chunk of the handshake leads to. */
export interface OpeningStep {
  /** False when the chunk makes no sense. */
  readonly fair: boolean;
  /** To be sent at once. */
  readonly reply?: Uint8Array;
}

/**
 * How an association comes up. Each end may open it, both at once as well. It is all inside DTLS, which proved who the
 * peer is: nothing has to be signed, and to remember the peer before its cookie comes costs nothing.
 *
 * ```
 *   waiting ── 300 ms ──▶ init-sent ── INIT ACK ──▶ cookie-sent ── COOKIE ACK ──▶ up
 *      └───────────────────────┴─────────── COOKIE ECHO ─────────────┴────────────▲
 * ```
 * @see RFC 9260 §5.1, §5.2.1 (both at once)
 */
export class Opening {
  readonly #self: SctpSelf;
  readonly #cookie: Uint8Array;
  #state: 'waiting' | 'init-sent' | 'cookie-sent' | 'up' = 'waiting';
  #peer: SctpPeer | undefined;
  /** Sent again until it is answered. */
  #request: Uint8Array | undefined;
  #atMs: number | undefined;

  constructor(self: SctpSelf, cookie: Uint8Array) {
    this.#self = self;
    this.#cookie = cookie;
  }

  /** The peer, from its first word on; another object for another association of its. */
  get peer(): SctpPeer | undefined {
    return this.#peer;
  }

  get isUp(): boolean {
    return this.#state === 'up';
  }

  /** When `handleTimer` is due. */
  get timerMs(): number | undefined {
    return this.#atMs;
  }

  /** Waits for the peer, not too long. */
  start(nowMs: number): void {
    this.#atMs = nowMs + OPEN_AFTER_MS;
  }

  /** @returns what to send now. */
  handleTimer(nowMs: number): Uint8Array | undefined {
    if (this.#atMs === undefined || nowMs < this.#atMs) return undefined;
    if (this.#state === 'waiting') this.#state = 'init-sent';
    return this.#ask(this.#request ?? initOf(this.#self), nowMs);
  }

  /** Takes a chunk of the handshake. */
  handle(chunk: OpeningChunk, nowMs: number): OpeningStep {
    switch (chunk.kind) {
      case 'init': {
        const peer = peerOf(chunk);
        // Within one DTLS session nobody begins anew: that is a late copy, or nonsense.
        if (!peer || (this.isUp && peer.tag !== this.#peer?.tag)) return { fair: false };
        this.#meet(peer);
        return { fair: true, reply: initAckOf(this.#self, this.#cookie) };
      }
      case 'init-ack': {
        if (this.#state !== 'init-sent') return { fair: true };
        const peer = peerOf(chunk);
        const echo = cookieEchoOf(chunk);
        if (!peer || !echo) return { fair: false };
        this.#meet(peer);
        this.#state = 'cookie-sent';
        return { fair: true, reply: this.#ask(echo, nowMs) };
      }
      case 'cookie-echo':
        if (!this.#peer || !isSame(chunk.body, this.#cookie)) return { fair: false };
        this.#rise();
        return { fair: true, reply: serializeChunk(CHUNK.cookieAck) };
      case 'cookie-ack':
        if (this.#state === 'cookie-sent') this.#rise();
        return { fair: true };
    }
  }

  #meet(peer: SctpPeer): void {
    if (peer.tag !== this.#peer?.tag) this.#peer = peer;
  }

  #rise(): void {
    this.#state = 'up';
    this.#request = undefined;
    this.#atMs = undefined;
  }

  #ask(chunk: Uint8Array, nowMs: number): Uint8Array {
    this.#request = chunk;
    this.#atMs = nowMs + AGAIN_AFTER_MS;
    return chunk;
  }
}

const isSame = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, index) => byte === b[index]);
