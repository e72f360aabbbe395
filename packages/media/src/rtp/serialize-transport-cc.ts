import type { ByteWriter } from '@pinhole/core';
import type { TransportCcFeedback } from './rtcp-packet.ts';
import { DELTA_MICROS, REFERENCE_MICROS, STATUS } from './transport-cc.ts';

const VECTOR_STATUSES = 7;
const MAX_RUN = 0x1fff;
const MAX_PACKETS = 0xffff;
const DELTAS_A_REFERENCE = REFERENCE_MICROS / DELTA_MICROS;

/**
 * Writes the body of transport-wide congestion control feedback; `arrival` is told to 250 µs, and modulo 2^24 × 64 ms.
 * @throws {RangeError} packets that came more than 8.19 s apart, are not in the order of their numbers, or lie outside
 *   `firstSequence` … `firstSequence + packetCount − 1`.
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1
 */
export function writeTransportCc(writer: ByteWriter, feedback: TransportCcFeedback): void {
  const { firstSequence, packetCount, received } = feedback;
  if (packetCount > MAX_PACKETS) throw new RangeError(`feedback on ${packetCount} packets, 65535 fit`);
  const reference = Math.floor((received[0]?.arrival ?? 0) / REFERENCE_MICROS);
  const statuses = new Uint8Array(packetCount);
  const deltas: number[] = [];
  let arrivalDeltas = reference * DELTAS_A_REFERENCE;
  let previous = -1;
  for (const { sequence, arrival } of received) {
    const index = (sequence - firstSequence) & 0xffff;
    if (index <= previous || index >= packetCount) throw new RangeError(`packet ${sequence} is out of place`);
    previous = index;
    const delta = Math.round(arrival / DELTA_MICROS) - arrivalDeltas;
    if (delta < -0x8000 || delta > 0x7fff)
      throw new RangeError(`packet ${sequence} came ${delta} × 250 µs on`);
    arrivalDeltas += delta;
    statuses[index] = isSmall(delta) ? STATUS.smallDelta : STATUS.largeDelta;
    deltas.push(delta);
  }

  writer.u32(feedback.senderSsrc).u32(feedback.mediaSsrc);
  writer.u16(firstSequence).u16(packetCount);
  writer.u24(reference & 0xff_ffff).u8(feedback.feedbackCount & 0xff);
  writeStatuses(writer, statuses);
  for (const delta of deltas) {
    if (isSmall(delta)) writer.u8(delta);
    else writer.u16(delta & 0xffff);
  }
  while (writer.length % 4 !== 0) writer.u8(0);
}

/** Runs of one status where that is shorter, else vectors of seven. */
function writeStatuses(writer: ByteWriter, statuses: Uint8Array): void {
  for (let at = 0; at < statuses.length; ) {
    const run = runAt(statuses, at);
    if (run >= VECTOR_STATUSES || at + run === statuses.length) {
      writer.u16(((statuses[at] ?? 0) << 13) | run);
      at += run;
      continue;
    }
    let vector = 0xc000;
    for (let i = 0; i < VECTOR_STATUSES; i++) vector |= (statuses[at + i] ?? 0) << (12 - 2 * i);
    writer.u16(vector);
    at += VECTOR_STATUSES;
  }
}

function runAt(statuses: Uint8Array, at: number): number {
  let end = at + 1;
  while (end < statuses.length && end - at < MAX_RUN && statuses[end] === statuses[at]) end++;
  return end - at;
}

const isSmall = (delta: number): boolean => delta >= 0 && delta <= 0xff;
