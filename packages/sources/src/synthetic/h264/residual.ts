import { type ResidualTables, RUN_BEFORE } from './cavlc-tables.ts';
import type { NalWriter } from './nal-writer.ts';

const levels = new Int32Array(16);
const positions = new Int32Array(16);

/**
 * Writes one block of coefficients, given in scan order: `residual_block_cavlc()`.
 * @see H.264 §7.3.5.3.2, §9.2
 */
export function writeResidualBlock(out: NalWriter, scan: Int32Array, tables: ResidualTables): void {
  let total = 0;
  for (let i = 0; i < scan.length; i++) {
    const level = scan[i] as number;
    if (level === 0) continue;
    levels[total] = level;
    positions[total++] = i;
  }
  const trailingOnes = countTrailingOnes(total);
  out.code(tables.coefficientToken[total]?.[trailingOnes]);
  if (total === 0) return;

  for (let k = total - 1; k >= total - trailingOnes; k--) out.u(1, (levels[k] as number) < 0 ? 1 : 0);
  writeLevels(out, total, trailingOnes);
  const zeros = (positions[total - 1] as number) + 1 - total;
  if (total < scan.length) out.code(tables.totalZeros[total - 1]?.[zeros]);
  writeRuns(out, total, zeros);
}

function countTrailingOnes(total: number): number {
  let count = 0;
  while (count < 3 && count < total && Math.abs(levels[total - 1 - count] as number) === 1) count++;
  return count;
}

/** The levels that are not trailing ones, highest frequency first (H.264 §9.2.2.1 read backwards). */
function writeLevels(out: NalWriter, total: number, trailingOnes: number): void {
  let suffixLength = total > 10 && trailingOnes < 3 ? 1 : 0;
  for (let k = total - 1 - trailingOnes; k >= 0; k--) {
    const level = levels[k] as number;
    let code = level > 0 ? 2 * level - 2 : -2 * level - 1;
    // Fewer than three trailing ones: the next level cannot be ±1, so its codes begin at ±2.
    if (k === total - 1 - trailingOnes && trailingOnes < 3) code -= 2;
    writeLevel(out, code, suffixLength);
    if (suffixLength === 0) suffixLength = 1;
    if (Math.abs(level) > 3 << (suffixLength - 1) && suffixLength < 6) suffixLength++;
  }
}

function writeLevel(out: NalWriter, code: number, suffixLength: number): void {
  if (suffixLength === 0 && code >= 14 && code < 30) {
    out.u(15, 1);
    out.u(4, code - 14);
    return;
  }
  const escapeCode = suffixLength === 0 ? 30 : 15 << suffixLength;
  if (code >= escapeCode) {
    if (code - escapeCode >= 4096) throw new Error(`level code ${code} is beyond baseline`);
    out.u(16, 1);
    out.u(12, code - escapeCode);
    return;
  }
  out.u((code >> suffixLength) + 1, 1);
  out.u(suffixLength, code & ((1 << suffixLength) - 1));
}

function writeRuns(out: NalWriter, total: number, zeros: number): void {
  let zerosLeft = zeros;
  for (let k = total - 1; k > 0 && zerosLeft > 0; k--) {
    const run = (positions[k] as number) - (positions[k - 1] as number) - 1;
    out.code(RUN_BEFORE[Math.min(zerosLeft, 7) - 1]?.[run]);
    zerosLeft -= run;
  }
}
