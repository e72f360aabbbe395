import type { Micros } from '@pinhole/core';
import type { StreamUnit } from '@pinhole/engine';

/** What a stream takes, bits a second, by its last whole GOP. */
export interface StreamRates {
  readonly all: number;
  /** Without pictures that no other needs. */
  readonly reference: number;
  readonly keys: number;
  /** From key picture to key picture, in microseconds. */
  readonly gopMicros: number;
}

/** Measures what a stream takes, GOP by GOP, for all its viewers. */
export class GopRates {
  #gop: { readonly dts: Micros; readonly keyBytes: number; bytes: number; neededBytes: number } | undefined;
  #rates: StreamRates | undefined;

  /** Undefined before the first whole GOP. */
  get latest(): StreamRates | undefined {
    return this.#rates;
  }

  /** Takes the next unit. */
  add({ key, droppable, dts, data: { byteLength } }: StreamUnit): void {
    if (key) this.#close(dts);
    if (key) this.#gop = { dts, keyBytes: byteLength, bytes: byteLength, neededBytes: byteLength };
    else if (this.#gop) {
      this.#gop.bytes += byteLength;
      if (!droppable) this.#gop.neededBytes += byteLength;
    }
  }

  #close(dts: Micros): void {
    const gop = this.#gop;
    if (!gop || dts <= gop.dts) return;
    const gopMicros = dts - gop.dts;
    const rate = (bytes: number): number => (bytes * 8e6) / gopMicros;
    this.#rates = {
      all: rate(gop.bytes),
      reference: rate(gop.neededBytes),
      keys: rate(gop.keyBytes),
      gopMicros,
    };
  }
}
