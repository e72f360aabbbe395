import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

/** Which hand-overs count. */
export type HandedOver = 'rtp' | 'stream';

/** When data left this program: the moment after the system call of each whole picture, for each viewer. */
export class HandOverClock {
  #startedAt = 0;
  #kind: HandedOver | undefined;
  #latest = 0;
  #delaysMs: number[] = [];
  #lastViewerMs: number[] = [];

  /** A picture is about to go into the stream. */
  start(): void {
    if (this.#latest > this.#startedAt) this.#lastViewerMs.push(this.#latest - this.#startedAt);
    this.#startedAt = performance.now();
  }

  /** Forgets all and measures one kind from now on. */
  reset(kind: HandedOver): void {
    this.#kind = kind;
    this.#latest = 0;
    this.#startedAt = performance.now();
    this.#delaysMs = [];
    this.#lastViewerMs = [];
  }

  /** Delay of each picture to each viewer, and of each picture to the viewer who got it last. */
  read(): { readonly eachMs: readonly number[]; readonly lastViewerMs: readonly number[] } {
    return { eachMs: this.#delaysMs, lastViewerMs: this.#lastViewerMs };
  }

  /** A whole picture was handed over. */
  note(kind: HandedOver): void {
    if (kind !== this.#kind) return;
    this.#latest = performance.now();
    this.#delaysMs.push(this.#latest - this.#startedAt);
  }
}

/** Smaller writes are no pictures: heartbeats, answers. */
const LEAST_PICTURE_BYTES = 1000;

type Method = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Watches what this process gives to the operating system, below Node's own queues: `dgram` puts off each datagram to
 * the next tick, and a cork holds writes back. To be called before the first socket is opened.
 */
export async function watchHandOvers(clock: HandOverClock): Promise<void> {
  const udp = createSocket('udp4');
  const state = Object.getOwnPropertySymbols(udp).find(({ description }) => description === 'state symbol');
  const datagrams = (udp as unknown as Record<symbol, { handle: object } | undefined>)[state ?? Symbol()];
  wrap(datagrams?.handle, 'send', (args) => {
    if (isMarkedRtp(args[1])) clock.note('rtp');
  });
  udp.close();

  const tcp = createServer().listen(0, '127.0.0.1');
  await new Promise((listening) => tcp.once('listening', listening));
  const handle = (tcp as unknown as { readonly _handle: object })._handle;
  for (const method of ['writev', 'writeBuffer']) {
    wrap(handle, method, (args) => {
      if (bytesOf(args[1]) >= LEAST_PICTURE_BYTES) clock.note('stream');
    });
  }
  tcp.close();
}

function wrap(
  instance: object | undefined,
  method: string,
  handed: (args: readonly unknown[]) => void,
): void {
  let owner: object | null = instance ?? null;
  while (owner && !Object.hasOwn(owner, method)) owner = Object.getPrototypeOf(owner) as object | null;
  if (!owner)
    throw new Error(`this Node (${process.version}) has no "${method}" where the bench looks for it`);
  const methods = owner as Record<string, Method | undefined>;
  const original = methods[method];
  methods[method] = function (...args: unknown[]) {
    const result = original?.apply(this, args);
    handed(args);
    return result;
  };
}

/** The last packet of a picture: RTP (RFC 5761 §4 tells it from RTCP) with the marker. */
function isMarkedRtp(list: unknown): boolean {
  const [datagram] = list as readonly Uint8Array[];
  const [first = 0, second = 0] = datagram ?? [];
  const type = second & 0x7f;
  return first >> 6 === 2 && second >= 0x80 && (type < 64 || type > 95);
}

const bytesOf = (written: unknown): number =>
  written instanceof Uint8Array
    ? written.byteLength
    : (written as readonly { readonly byteLength?: number }[]).reduce(
        (sum, { byteLength = 0 }) => sum + byteLength,
        0,
      );
