/**
 * How a C compiler lays out `long double`: x87 extended precision (x86-64), IEEE 754 binary128 (64-bit Arm), binary64
 * (32-bit Arm).
 */
export type RealKind = 'x87' | 'binary128' | 'binary64';

/** Bytes of one number. */
export const realBytes = (kind: RealKind): number => (kind === 'binary64' ? 8 : 16);

const EXPONENT_BIAS = 16_383;

/**
 * Reads a number as that compiler wrote it, rounded to what a JavaScript number holds; 0 for what is no finite number.
 * @param at offset of its first byte; {@link realBytes} have to follow
 */
export function readReal(view: DataView, at: number, kind: RealKind): number {
  const value = kind === 'binary64' ? view.getFloat64(at, true) : readExtended(view, at, kind);
  return Number.isFinite(value) ? value : 0;
}

function readExtended(view: DataView, at: number, kind: 'x87' | 'binary128'): number {
  const top = view.getUint16(at + (kind === 'x87' ? 8 : 14), true);
  const exponent = (top & 0x7fff) - EXPONENT_BIAS;
  const sign = (top & 0x8000) === 0 ? 1 : -1;
  // x87 writes the leading one, binary128 leaves it out.
  if (kind === 'x87') return sign * Number(view.getBigUint64(at, true)) * 2 ** (exponent - 63);
  if ((top & 0x7fff) === 0) return 0;
  const upper = Number(view.getBigUint64(at + 6, true) & 0xffff_ffff_ffff_ffffn);
  return sign * (1 + upper * 2 ** -64) * 2 ** exponent;
}

/** Writes a finite number as that compiler would, as far as a JavaScript number is exact. */
export function writeReal(
  view: DataView,
  at: number,
  { kind, value }: { kind: RealKind; value: number },
): void {
  if (kind === 'binary64') {
    view.setFloat64(at, value, true);
    return;
  }
  view.setBigUint64(at, 0n, true);
  view.setBigUint64(at + 8, 0n, true);
  if (value === 0 || !Number.isFinite(value)) return;
  const double = new DataView(new ArrayBuffer(8));
  double.setFloat64(0, value);
  const bits = double.getBigUint64(0);
  const fraction = bits & 0xf_ffff_ffff_ffffn;
  const exponent = Number((bits >> 52n) & 0x7ffn) - 1023;
  const top = (value < 0 ? 0x8000 : 0) | (exponent + EXPONENT_BIAS);
  if (kind === 'x87') view.setBigUint64(at, (1n << 63n) | (fraction << 11n), true);
  else view.setBigUint64(at + 6, fraction << 12n, true);
  view.setUint16(at + (kind === 'x87' ? 8 : 14), top, true);
}
