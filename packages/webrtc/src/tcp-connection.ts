import type { Socket } from 'node:net';
import type { RemoteAddress } from './ice-socket.ts';
import { FrameReader, frameOf } from './tcp-frames.ts';

/** So much waiting says that the path is full: a picture that does not begin yet is better left out. */
const FULL_BYTES = 2 ** 20;

/** More is not taken: what a large picture may add to a path that was not full. */
const MAX_WAITING_BYTES = 2 * FULL_BYTES;

/** What waited for so long would come too late. */
const STALE_MS = 250;

/** A peer that takes nothing is not waited for longer. */
const LINGER_MS = 1000;

/** Datagrams over one TCP connection. What the peer does not take in time is dropped, as it would be by UDP. */
export class TcpConnection {
  readonly from: RemoteAddress;
  readonly #socket: Socket;
  readonly #frames = new FrameReader();
  /** When each datagram that waits was given, the oldest first. */
  readonly #waitingSinceMs: number[] = [];
  /** Takes each datagram; the memory is the taker's. */
  take: (datagram: Buffer) => void = () => {};
  /** Called once, when the connection is gone. */
  gone: () => void = () => {};

  constructor(socket: Socket) {
    const { remoteAddress = '', remotePort = 0 } = socket;
    this.from = [remoteAddress.split('%', 1)[0] ?? remoteAddress, remotePort];
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (bytes) => {
      this.#frames.read(bytes, (datagram) => {
        if (!socket.destroyed) this.take(datagram);
      });
    });
    // Closing follows.
    socket.on('error', () => {});
    socket.on('end', () => this.close());
    socket.once('close', () => this.gone());
  }

  /** Bytes that the system has not taken yet; a full path's worth where the oldest are stale. */
  get queuedBytes(): number {
    const [oldest] = this.#waitingSinceMs;
    const isStale = oldest !== undefined && performance.now() - oldest > STALE_MS;
    return Math.max(this.#socket.writableLength, isStale ? FULL_BYTES : 0);
  }

  /** @returns false when it was dropped: too much waits */
  send(datagram: Uint8Array): boolean {
    const waiting = this.#socket.writableLength + datagram.byteLength;
    if (this.#socket.destroyed || waiting > MAX_WAITING_BYTES || datagram.byteLength > 0xffff) return false;
    this.#waitingSinceMs.push(performance.now());
    this.#socket.write(frameOf(datagram), () => this.#waitingSinceMs.shift());
    return true;
  }

  /** Ends it; what waits is lost. May be called again. */
  close(): void {
    this.#socket.destroy();
  }

  /** Ends it once what was sent is on its way. May be called again. */
  end(): void {
    this.take = () => {};
    // Not by its own time-out: a peer that goes on sending, or takes a byte now and then, would never be idle.
    const late = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(late));
    this.#socket.destroySoon();
  }
}
