import { MalformedError, type Micros, micros } from '@pinhole/core';
import { bodyView, type RtcpBlock } from './rtcp-blocks.ts';
import type { TransportCcFeedback } from './rtcp-packet.ts';

const FIXED_BYTES = 16;
/** Steps of the reference time. */
export const REFERENCE_MICROS = 64_000;
/** Steps between arrivals. */
export const DELTA_MICROS = 250;

/** Two-bit packet status: what follows in the list of deltas. */
export const STATUS = { absent: 0, smallDelta: 1, largeDelta: 2, reserved: 3 } as const;

/**
 * Reads transport-wide congestion control feedback. Memory is bounded by the bytes that came: packets that were not
 * received, which two bytes can announce by the thousand, are told by their absence.
 *
 * ```
 * | sender SSRC | media SSRC | first sequence (16) | packet count (16) |
 * | reference time (24, signed, 64 ms) | feedback count (8) | status chunks (16 each) … | deltas (250 µs) … |
 * ```
 *
 * @throws {MalformedError} `rtcp/body-too-short`, `rtcp/transport-cc`
 * @see draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1
 */
export function parseTransportCc(block: RtcpBlock): TransportCcFeedback {
  const view = bodyView(block, FIXED_BYTES);
  const firstSequence = view.getUint16(8);
  const packetCount = view.getUint16(10);
  const { present, deltasAt } = readStatuses(view, packetCount);

  let at = deltasAt;
  let arrivalMicros = (view.getInt32(12) >> 8) * REFERENCE_MICROS;
  const received: { sequence: number; arrival: Micros }[] = [];
  for (const { index, status } of present) {
    const sequence = (firstSequence + index) & 0xffff;
    const deltaBytes = status === STATUS.smallDelta ? 1 : 2;
    if (at + deltaBytes > view.byteLength) {
      throw missingDelta(sequence);
    }
    const delta = deltaBytes === 1 ? view.getUint8(at) : view.getInt16(at);
    at += deltaBytes;
    arrivalMicros += delta * DELTA_MICROS;
    received.push({ sequence, arrival: micros(arrivalMicros) });
  }
  return {
    kind: 'transport-cc',
    senderSsrc: view.getUint32(0),
    mediaSsrc: view.getUint32(4),
    feedbackCount: view.getUint8(15),
    firstSequence,
    packetCount,
    received,
  };
}

/** Takes transport-wide feedback packet by packet, in the order of their numbers. */
export interface TransportCcTaker {
  /** One that came; `arrival` in steps of 250 µs on the receiver's clock, 32 bits: differences count, it wraps. */
  received(sequence: number, arrival: number): void;
  /** So many did not come, from `first` on; numbers wrap. */
  missing(first: number, count: number): void;
}

/**
 * Reads transport-wide feedback as {@link parseTransportCc} does, without making an object of anything in it: it comes
 * from each viewer many times a second.
 *
 * @throws {MalformedError} `rtcp/body-too-short`, `rtcp/transport-cc`; `taker` may have got some of it then
 */
export function readTransportCc(block: RtcpBlock, taker: TransportCcTaker): void {
  const view = bodyView(block, FIXED_BYTES);
  const first = view.getUint16(8);
  const packetCount = view.getUint16(10);
  const chunksEnd = endOfChunks(view, packetCount);
  let deltasAt = chunksEnd;
  let arrival = (view.getInt32(12) >> 8) * (REFERENCE_MICROS / DELTA_MICROS);
  let index = 0;
  for (let at = FIXED_BYTES; at < chunksEnd; at += 2) {
    const chunk = view.getUint16(at);
    if (chunk < 0x2000) {
      const count = Math.min(chunk, packetCount - index);
      if (count > 0) taker.missing((first + index) & 0xffff, count);
      index += count;
      continue;
    }
    const bits = chunk < 0x8000 ? 0 : chunk < 0xc000 ? 1 : 2;
    const end = Math.min(packetCount, index + lengthOf(chunk));
    for (let place = 1; index < end; index++, place++) {
      const status =
        bits === 0
          ? chunk >> 13
          : (chunk >> (bits === 1 ? 14 - place : 14 - 2 * place)) & (bits === 1 ? 1 : 3);
      const sequence = (first + index) & 0xffff;
      if (status === STATUS.absent) {
        taker.missing(sequence, 1);
        continue;
      }
      if (status === STATUS.reserved) throw reservedStatus();
      if (deltasAt + status > view.byteLength) throw missingDelta(sequence);
      // A small delta has one byte, a large one two: as many as its status says.
      arrival =
        (arrival + (status === STATUS.smallDelta ? view.getUint8(deltasAt) : view.getInt16(deltasAt))) | 0;
      deltasAt += status;
      taker.received(sequence, arrival);
    }
  }
}

function endOfChunks(view: DataView, packetCount: number): number {
  let at = FIXED_BYTES;
  for (let index = 0; index < packetCount; at += 2) {
    if (at + 2 > view.byteLength) throw missingStatus(packetCount - index);
    const length = lengthOf(view.getUint16(at));
    index += length;
  }
  return at;
}

/** Packets that a chunk tells of: a run's, or those of a vector of one or two bits. */
const lengthOf = (chunk: number): number => (chunk < 0x8000 ? chunk & 0x1fff : chunk < 0xc000 ? 14 : 7);

const missingStatus = (count: number): MalformedError =>
  new MalformedError('rtcp/transport-cc', `status of ${count} packets is missing`);

const missingDelta = (sequence: number): MalformedError =>
  new MalformedError('rtcp/transport-cc', `delta of packet ${sequence} is missing`);

const reservedStatus = (): MalformedError =>
  new MalformedError('rtcp/transport-cc', 'reserved packet status 3');

interface Presence {
  readonly index: number;
  readonly status: number;
}

function readStatuses(view: DataView, packetCount: number): { present: Presence[]; deltasAt: number } {
  const present: Presence[] = [];
  let at = FIXED_BYTES;
  for (let index = 0; index < packetCount; at += 2) {
    if (at + 2 > view.byteLength) {
      throw missingStatus(packetCount - index);
    }
    const chunk = view.getUint16(at);
    const { statuses, repeat } = readChunk(chunk);
    const end = Math.min(packetCount, index + statuses.length * repeat);
    if (repeat > 1 && statuses[0] === STATUS.absent) {
      index = end;
      continue;
    }
    // Each packet that came takes a byte or more of deltas: a run longer than what is left cannot be true.
    if (repeat > view.byteLength) {
      throw new MalformedError('rtcp/transport-cc', `${repeat} packets received in ${view.byteLength} bytes`);
    }
    for (let i = 0; index < end; index++, i++) {
      const status = statuses[i % statuses.length] ?? STATUS.absent;
      if (status === STATUS.reserved) throw reservedStatus();
      if (status !== STATUS.absent) present.push({ index, status });
    }
  }
  return { present, deltasAt: at };
}

/** A run of one status, or a vector of 14 of one bit or 7 of two. */
function readChunk(chunk: number): { statuses: number[]; repeat: number } {
  if (chunk < 0x8000) return { statuses: [chunk >> 13], repeat: chunk & 0x1fff };
  if (chunk < 0xc000) {
    return { statuses: Array.from({ length: 14 }, (_, i) => (chunk >> (13 - i)) & 1), repeat: 1 };
  }
  return { statuses: Array.from({ length: 7 }, (_, i) => (chunk >> (12 - 2 * i)) & 3), repeat: 1 };
}
