import { Association, type AssociationOptions } from './association.ts';
import type { InboundMessage } from './inbound.ts';

/** What a simulated path does to packets. */
export interface LinkFaults {
  /** 0…1. */
  readonly loss?: number;
  readonly duplicates?: number;
  /** Each packet takes between these, in milliseconds; unequal ones overtake each other. */
  readonly delayMs?: readonly [least: number, most: number];
  /** Bytes a millisecond; no limit when left out. */
  readonly rate?: number;
}

/** One end of a simulated link, and what it saw. */
export interface SimulatedEnd {
  readonly association: Association;
  readonly messages: InboundMessage[];
  readonly ended: number[];
  readonly state: { up: number; down: number; refused: number; sentPackets: number };
  /** Called with each stream that became lighter. */
  lighter: (streamId: number) => void;
}

/** Two associations on a path that loses, delays and doubles packets as it is told, in time of its own. */
export class SimulatedLink {
  readonly a: SimulatedEnd;
  readonly b: SimulatedEnd;
  faults: LinkFaults;
  /** Called with each packet that an end sends. */
  tap: (packet: Uint8Array) => void = () => {};
  nowMs = 0;
  readonly #random: () => number;
  #events: { readonly atMs: number; readonly order: number; readonly run: () => void }[] = [];
  #order = 0;
  readonly #busyUntil = { a: 0, b: 0 };

  constructor(options: { readonly seed?: number; readonly faults?: LinkFaults } = {}) {
    this.#random = mulberry32(options.seed ?? 1);
    this.faults = options.faults ?? {};
    this.a = this.#open('a');
    this.b = this.#open('b');
  }

  /** Lets time pass until nothing is left to happen before `atMs`, or `done` says so. */
  run(atMs: number, done: () => boolean = () => false): void {
    for (;;) {
      if (done()) return;
      const next = this.#events[0];
      if (!next || next.atMs > atMs) break;
      this.#events.shift();
      this.nowMs = Math.max(this.nowMs, next.atMs);
      next.run();
    }
    this.nowMs = atMs;
  }

  /** Both ends are there. */
  connect(): void {
    this.a.association.start();
    this.b.association.start();
    this.run(this.nowMs + 60_000, () => this.a.association.isUp && this.b.association.isUp);
  }

  #open(name: 'a' | 'b'): SimulatedEnd {
    const end = {
      messages: [] as InboundMessage[],
      ended: [] as number[],
      state: { up: 0, down: 0, refused: 0, sentPackets: 0 },
      lighter: (() => {}) as (streamId: number) => void,
    };
    const options: AssociationOptions = {
      localPort: 5000,
      remotePort: 5000,
      limits: { messageBytes: 262_144, windowBytes: 2 ** 20 },
      nowMs: () => this.nowMs,
      after: (ms, done) => this.#at(this.nowMs + ms, done),
      random: () => Math.floor(this.#random() * (2 ** 32 - 1)) + 1,
      send: (packet) => {
        end.state.sentPackets++;
        this.tap(packet);
        this.#carry(name, packet);
      },
      up: () => end.state.up++,
      message: (message) => end.messages.push(message),
      lighter: (streamId) => end.lighter(streamId),
      ended: (streamIds) => end.ended.push(...streamIds),
      down: () => end.state.down++,
    };
    return Object.assign(end, { association: new Association(options) });
  }

  #carry(from: 'a' | 'b', packet: Uint8Array): void {
    const { loss = 0, duplicates = 0, delayMs: [least, most] = [10, 10], rate } = this.faults;
    const copies = this.#random() < loss ? 0 : this.#random() < duplicates ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) {
      const freeAt = Math.max(this.nowMs, this.#busyUntil[from]) + (rate ? packet.byteLength / rate : 0);
      this.#busyUntil[from] = freeAt;
      this.#at(freeAt + least + this.#random() * (most - least), () => {
        const to = from === 'a' ? this.b : this.a;
        if (!to.association.receive(packet)) to.state.refused++;
      });
    }
  }

  #at(atMs: number, run: () => void): () => void {
    const event = { atMs, order: this.#order++, run };
    let index = this.#events.length;
    while (index > 0 && (this.#events[index - 1]?.atMs ?? 0) > atMs) index--;
    this.#events.splice(index, 0, event);
    return () => {
      this.#events = this.#events.filter((each) => each !== event);
    };
  }
}

/** Random numbers that are the same each time. */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
