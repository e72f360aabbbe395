/**
 * The offset of the `01` that ends the first start code (`00 00 01`) whose `01` lies at `from` or later; -1 when there
 * is none. Looks at every third byte as long as these are above 1, so no byte pattern makes it slow.
 */
export function findStartCode(stream: Uint8Array, from: number): number {
  const end = stream.byteLength;
  let at = Math.max(from, 2);
  while (at < end) {
    const byte = stream[at] as number;
    if (byte > 1) at += 3;
    else if (byte === 0) at++;
    else if (stream[at - 1] === 0 && stream[at - 2] === 0) return at;
    else at += 3;
  }
  return -1;
}

/**
 * Walks the NAL units of an Annex B byte stream, without start codes, without copying.
 *
 * Zero bytes before a start code belong to nobody (`trailing_zero_8bits`, H.264 Annex B.1.1); bytes before the first
 * start code are passed over. Emulation-prevention bytes are left in: only parsers of headers need them out.
 *
 * @yields non-empty views into `stream`; they die with it.
 */
export function* nalUnits(stream: Uint8Array): Generator<Uint8Array, void, void> {
  let one = findStartCode(stream, 0);
  while (one !== -1) {
    const start = one + 1;
    one = findStartCode(stream, start + 2);
    const end = trimmedEnd(stream, start, one === -1 ? stream.byteLength : one - 2);
    if (end > start) yield stream.subarray(start, end);
  }
}

/** The end of what is left of `stream[start…end)` without the zero bytes at its end. */
export function trimmedEnd(stream: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && stream[at - 1] === 0) at--;
  return at;
}

/**
 * Puts NAL units into one Annex B byte stream, each behind a 4-byte start code.
 * @returns a copy.
 */
export function joinAnnexB(nals: Iterable<Uint8Array>): Uint8Array {
  const list = [...nals];
  const joined = new Uint8Array(list.reduce((sum, nal) => sum + 4 + nal.byteLength, 0));
  let at = 0;
  for (const nal of list) {
    joined[at + 3] = 1;
    joined.set(nal, at + 4);
    at += 4 + nal.byteLength;
  }
  return joined;
}
