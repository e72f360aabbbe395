/**
 * Takes the emulation-prevention bytes out: every `03` that follows `00 00`.
 * @returns `escaped` itself when there is none, else a copy.
 * @see H.264 §7.3.1
 */
export function removeEmulationPrevention(escaped: Uint8Array): Uint8Array {
  let three = findEmulationPrevention(escaped, 0);
  if (three === -1) return escaped;
  const plain = new Uint8Array(escaped.byteLength - 1);
  let from = 0;
  let at = 0;
  for (; three !== -1; three = findEmulationPrevention(escaped, from)) {
    plain.set(escaped.subarray(from, three), at);
    at += three - from;
    from = three + 1;
  }
  plain.set(escaped.subarray(from), at);
  return plain.subarray(0, at + escaped.byteLength - from);
}

/**
 * Puts an emulation-prevention byte wherever `00 00` would be followed by 0…3, and after a `00 00` at the very
 * end (`cabac_zero_word`; an RBSP never ends in a single `00`).
 * @returns `plain` itself when none is needed, else a copy.
 * @see H.264 §7.4.1.1
 */
export function addEmulationPrevention(plain: Uint8Array): Uint8Array {
  const before: number[] = [];
  let zeros = 0;
  for (let at = 0; at < plain.byteLength; at++) {
    const byte = plain[at] as number;
    if (zeros === 2 && byte <= 3) {
      before.push(at);
      zeros = 0;
    }
    zeros = byte === 0 ? zeros + 1 : 0;
  }
  if (zeros === 2) before.push(plain.byteLength);
  if (before.length === 0) return plain;

  const escaped = new Uint8Array(plain.byteLength + before.length);
  let from = 0;
  before.forEach((at, inserted) => {
    escaped.set(plain.subarray(from, at), from + inserted);
    escaped[at + inserted] = 3;
    from = at;
  });
  escaped.set(plain.subarray(from), from + before.length);
  return escaped;
}

/** Offset of the first `03` behind two zero bytes of its own: what was removed before does not count. */
function findEmulationPrevention(escaped: Uint8Array, from: number): number {
  for (let at = from + 2; at < escaped.byteLength; at++) {
    const byte = escaped[at] as number;
    if (byte > 3) at += 2;
    else if (byte === 3 && escaped[at - 1] === 0 && escaped[at - 2] === 0) return at;
  }
  return -1;
}
