import type { BitReader } from './bit-reader.ts';

/**
 * Passes over the scaling lists of an SPS or a PPS: six 4×4 lists, then `lists8x8` 8×8 lists. Only decoders need
 * their values.
 * @see H.264 §7.3.2.1.1.1
 */
export function skipScalingLists(reader: BitReader, lists8x8: number): void {
  for (let list = 0; list < 6 + lists8x8; list++) {
    if (reader.flag()) skipScalingList(reader, list < 6 ? 16 : 64);
  }
}

function skipScalingList(reader: BitReader, size: number): void {
  let lastScale = 8;
  for (let index = 0; index < size; index++) {
    // delta_scale; 0 for the next scale ends the list, the rest repeats.
    const nextScale = (((lastScale + reader.se()) % 256) + 256) % 256;
    if (nextScale === 0) return;
    lastScale = nextScale;
  }
}
