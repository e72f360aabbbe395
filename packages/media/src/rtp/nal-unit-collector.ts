/** The NAL units of one access unit while its packets come in, and the fragments of the one that is open; bounded. */
export class NalUnitCollector {
  readonly #maxBytes: number;
  readonly #maxNalUnits: number;
  #nalUnits: Uint8Array[] = [];
  #bytes = 0;
  #hasPicture = false;
  #fragments: Uint8Array[] | undefined;
  #fragmentBytes = 0;

  constructor(limits: { readonly maxBytes: number; readonly maxNalUnits: number }) {
    this.#maxBytes = limits.maxBytes;
    this.#maxNalUnits = limits.maxNalUnits;
  }

  /** A slice is among the NAL units. */
  get hasPicture(): boolean {
    return this.#hasPicture;
  }

  /** A fragmented NAL unit has begun and not ended. */
  get midFragment(): boolean {
    return this.#fragments !== undefined;
  }

  /** @returns false when a limit is passed; the NAL unit is then left out. */
  add(nal: Uint8Array, { slice }: { readonly slice: boolean }): boolean {
    if (this.#nalUnits.length >= this.#maxNalUnits || this.#bytes + nal.byteLength > this.#maxBytes)
      return false;
    this.#nalUnits.push(nal);
    this.#bytes += nal.byteLength;
    this.#hasPicture ||= slice;
    return true;
  }

  /** Begins a NAL unit whose first byte is `header`; an open one is forgotten. */
  openFragments(header: number): void {
    this.#fragments = [Uint8Array.of(header)];
    this.#fragmentBytes = 1;
  }

  /** @returns false when a limit is passed; the fragment is then left out. */
  addFragment(body: Uint8Array): boolean {
    if (body.byteLength === 0) return true;
    if (this.#bytes + this.#fragmentBytes + body.byteLength > this.#maxBytes) return false;
    this.#fragments?.push(body);
    this.#fragmentBytes += body.byteLength;
    return true;
  }

  /** @returns the open NAL unit in one piece, in fresh memory; it is no longer held. */
  closeFragments(): Uint8Array {
    const nal = new Uint8Array(this.#fragmentBytes);
    let at = 0;
    for (const fragment of this.#fragments ?? []) {
      nal.set(fragment, at);
      at += fragment.byteLength;
    }
    this.#fragments = undefined;
    this.#fragmentBytes = 0;
    return nal;
  }

  /** @returns what was collected; it is no longer held. */
  takeNalUnits(): readonly Uint8Array[] {
    const nalUnits = this.#nalUnits;
    this.clear();
    return nalUnits;
  }

  /** Forgets everything. */
  clear(): void {
    this.#nalUnits = [];
    this.#bytes = 0;
    this.#hasPicture = false;
    this.#fragments = undefined;
    this.#fragmentBytes = 0;
  }
}
