/** What the daemons of generations B and C read and write, by hand: a protobuf message is fields of a tag and a value. */
type Field = readonly [number: number, value: number | string | Uint8Array];

const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];

/** A protobuf message. */
export function message(...fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts = fields.map(([number, value]) => {
    if (typeof value === 'number') return Uint8Array.from([...varint(number * 8), ...varint(value)]);
    const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : value;
    const head = Uint8Array.from([...varint(number * 8 + 2), ...varint(bytes.byteLength)]);
    return joined([head, bytes]);
  });
  return joined(parts);
}

/** Fields by their number; of several, the last. @throws {Error} for what no daemon can read */
export function readMessage(bytes: Uint8Array): ReadonlyMap<number, number | Uint8Array> {
  const fields = new Map<number, number | Uint8Array>();
  let at = 0;
  const next = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new Error('the packet ends in a number');
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  while (at < bytes.byteLength) {
    const tag = next();
    const number = Math.floor(tag / 8);
    if (tag % 8 === 0) fields.set(number, next());
    else if (tag % 8 === 2) {
      const length = next();
      if (at + length > bytes.byteLength) throw new Error('the packet ends in a field');
      fields.set(number, bytes.subarray(at, at + length));
      at += length;
    } else throw new Error(`the packet has wire type ${tag % 8}`);
  }
  return fields;
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.byteLength;
  }
  return all;
}

/** An answer in parts, as generation A frames it. */
export function* legacyAnswer(type: number, body: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  yield joined([Uint8Array.of(type), new TextEncoder().encode(String(body.byteLength))]);
  for (let at = 0; at < body.byteLength; at += 65_535) {
    yield joined([Uint8Array.of(type), body.subarray(at, at + 65_535)]);
  }
  yield Uint8Array.of(type);
}

/** An answer in parts, as generations B and C frame it. */
export function* packetAnswer(type: number, body: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
  const id = crypto.randomUUID();
  yield message([1, type], [7, message([1, id], [2, body.byteLength])]);
  for (let at = 0; at < body.byteLength; at += 65_536) {
    const chunk = message([1, id], ...(at > 0 ? ([[2, at]] as const) : []), [
      3,
      body.subarray(at, at + 65_536),
    ]);
    yield message([1, type], [8, chunk]);
  }
  yield message([1, type], [9, message([1, id])]);
}
