/** One entry of a generic NACK: a packet, and by bits those of the 16 after it (RFC 4585 §6.2.1, PID and BLP). */
export interface NackEntry {
  readonly first: number;
  readonly following: number;
}

/** The fewest entries that name these sequence numbers, which may run past 65535 to 0; given in rising order. */
export function packNack(sequences: readonly number[]): NackEntry[] {
  const entries: { first: number; following: number }[] = [];
  for (const sequence of sequences) {
    const last = entries.at(-1);
    const ahead = last === undefined ? -1 : (sequence - last.first) & 0xffff;
    if (last !== undefined && ahead >= 1 && ahead <= 16) last.following |= 1 << (ahead - 1);
    else if (ahead !== 0) entries.push({ first: sequence & 0xffff, following: 0 });
  }
  return entries;
}
