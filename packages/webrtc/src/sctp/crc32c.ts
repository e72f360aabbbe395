/** Castagnoli's polynomial, bits reversed. */
const POLYNOMIAL = 0x82f63b78;

/** Four tables, so that four bytes take one step. */
const TABLES = makeTables();

/**
 * The checksum of an SCTP packet whose checksum field counts as zero.
 * @see RFC 9260 appendix A
 */
export function packetChecksum(packet: Uint8Array): number {
  let crc = update(0xffff_ffff, packet, { from: 0, to: 8 });
  for (let i = 0; i < 4; i++) crc = (crc >>> 8) ^ at(0, crc & 0xff);
  return ~update(crc, packet, { from: 12, to: packet.byteLength }) >>> 0;
}

function update(
  before: number,
  bytes: Uint8Array,
  range: { readonly from: number; readonly to: number },
): number {
  let crc = before;
  let i = range.from;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (; i + 4 <= range.to; i += 4) {
    crc ^= view.getInt32(i, true);
    crc = at(3, crc & 0xff) ^ at(2, (crc >>> 8) & 0xff) ^ at(1, (crc >>> 16) & 0xff) ^ at(0, crc >>> 24);
  }
  for (; i < range.to; i++) crc = (crc >>> 8) ^ at(0, (crc ^ view.getUint8(i)) & 0xff);
  return crc;
}

/** Indices never leave the table. */
function at(table: number, index: number): number {
  return TABLES[table * 256 + index] ?? 0;
}

function makeTables(): Int32Array {
  const tables = new Int32Array(4 * 256);
  for (let index = 0; index < 256; index++) {
    let crc = index;
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) === 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[index] = crc;
  }
  for (let index = 256; index < tables.length; index++) {
    const before = tables[index - 256] ?? 0;
    tables[index] = (before >>> 8) ^ (tables[before & 0xff] ?? 0);
  }
  return tables;
}
