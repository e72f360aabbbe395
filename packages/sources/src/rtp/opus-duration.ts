import { type Micros, micros } from '@pinhole/core';

/** Microseconds of one frame by the configuration number, which also tells mode and bandwidth. */
const FRAME_MICROS: readonly number[] = [
  ...[0, 1, 2].flatMap(() => [10_000, 20_000, 40_000, 60_000]),
  ...[0, 1].flatMap(() => [10_000, 20_000]),
  ...[0, 1, 2, 3].flatMap(() => [2500, 5000, 10_000, 20_000]),
];

const MAX_PACKET_MICROS = 120_000;

/**
 * How long an Opus packet sounds.
 * @returns undefined for what is no Opus packet: empty, of no frames, or longer than 120 ms.
 * @see RFC 6716 §3.1 (table of contents), §3.2.5 (code 3)
 */
export function opusDuration(packet: Uint8Array): Micros | undefined {
  const [contents, count] = packet;
  if (contents === undefined) return undefined;
  const code = contents & 3;
  const frames = code === 0 ? 1 : code < 3 ? 2 : (count ?? 0) & 0x3f;
  const duration = frames * (FRAME_MICROS[contents >> 3] ?? 0);
  return duration > 0 && duration <= MAX_PACKET_MICROS ? micros(duration) : undefined;
}
