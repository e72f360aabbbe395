import type { Socket } from 'node:net';
import { plainAddress } from '../config/network-range.ts';
import { subnet } from './rate-limit.ts';

/** How many sockets may be open that never showed who they are. */
export interface SocketLimits {
  readonly unauthenticated: number;
  readonly unauthenticatedPerAddress: number;
}

/**
 * Keeps strangers' sockets few. When there are too many, the oldest stranger goes: one that only holds the line open is
 * old, somebody who just came and is about to show a token is young. Sockets that showed one are never touched.
 */
export class SocketGuard {
  readonly #limits: SocketLimits;
  /** By remote address and port, which both the TCP and the TLS view of a socket have; oldest first. */
  readonly #strangers = new Map<string, { readonly socket: Socket; readonly from: string }>();
  readonly #perAddress = new Map<string, number>();
  #open = 0;
  #evicted = 0;

  constructor(limits: SocketLimits) {
    this.#limits = limits;
  }

  /** Sockets open now. */
  get open(): number {
    return this.#open;
  }

  /** Of those, the ones that did not show who they are. */
  get strangers(): number {
    return this.#strangers.size;
  }

  /** Sockets closed so far because there were too many like them. */
  get evicted(): number {
    return this.#evicted;
  }

  /** Takes note of a new socket. */
  add(socket: Socket): void {
    const key = keyOf(socket);
    const from = subnet(plainAddress(socket.remoteAddress ?? ''));
    this.#open++;
    // The port of one that is gone may come again before its end is told.
    this.#forget(key);
    this.#strangers.set(key, { socket, from });
    this.#perAddress.set(from, (this.#perAddress.get(from) ?? 0) + 1);
    socket.once('close', () => {
      this.#open--;
      if (this.#strangers.get(key)?.socket === socket) this.#forget(key);
    });
    if ((this.#perAddress.get(from) ?? 0) > this.#limits.unauthenticatedPerAddress) this.#evictOldest(from);
    if (this.#strangers.size > this.#limits.unauthenticated) this.#evictOldest();
  }

  /** The socket belongs to somebody we know. */
  recognise(socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): void {
    this.#forget(keyOf(socket));
  }

  #evictOldest(from?: string): void {
    for (const [key, stranger] of this.#strangers) {
      if (from !== undefined && stranger.from !== from) continue;
      this.#forget(key);
      this.#evicted++;
      stranger.socket.destroy();
      return;
    }
  }

  #forget(key: string): void {
    const stranger = this.#strangers.get(key);
    if (stranger === undefined) return;
    this.#strangers.delete(key);
    const left = (this.#perAddress.get(stranger.from) ?? 1) - 1;
    if (left === 0) this.#perAddress.delete(stranger.from);
    else this.#perAddress.set(stranger.from, left);
  }
}

const keyOf = (socket: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${socket.remoteAddress} ${socket.remotePort}`;
