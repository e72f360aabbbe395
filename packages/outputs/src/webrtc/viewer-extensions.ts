import { type Micros, micros, millis } from '@pinhole/core';
import {
  microsToNtp,
  serializeAbsCaptureTime,
  serializeExtensionElements,
  serializeMid,
  serializePlayoutDelay,
  serializeTransportSequence,
} from '@pinhole/media/rtp';
import type { ExtensionIds } from './negotiated-session.ts';

/** Bytes before the elements: profile and length (RFC 8285 §4.2). */
const HEADER_BYTES = 4;

/**
 * The header extension of one viewer's packets: written once, then only the capture time changes from unit to unit and
 * the transport-wide number from packet to packet.
 */
export class ViewerExtensions {
  readonly #extension: Uint8Array;
  readonly #view: DataView;
  readonly #captureTimeAt: number | undefined;
  /** Where a packet's transport-wide number goes; undefined when none was agreed on. */
  readonly transportOffset: number | undefined;
  #captureTime: Micros | undefined;

  /** @param options.rotation how far the viewer turns the picture clockwise */
  constructor({
    mid,
    extensionIds: ids,
    rotation = 0,
  }: {
    readonly mid: string;
    readonly extensionIds: ExtensionIds;
    readonly rotation?: 0 | 90 | 180 | 270;
  }) {
    const elements = [
      { id: ids.absCaptureTime, value: serializeAbsCaptureTime({ captureTime: micros(0) }) },
      { id: ids.transportSequence, value: serializeTransportSequence(0) },
      { id: ids.playoutDelay, value: serializePlayoutDelay({ minMs: millis(0), maxMs: millis(0) }) },
      // Quarter turns clockwise, of a camera that looks forward (3GPP TS 26.114 §7.4.5).
      { id: ids.videoOrientation, value: Uint8Array.of(rotation / 90) },
      { id: ids.mid, value: serializeMid(mid) },
    ].flatMap(({ id, value }) => (id === undefined ? [] : [{ id, value }]));
    this.#extension = serialize(elements);
    this.#view = new DataView(this.#extension.buffer);
    // One byte of id and length stands before each value.
    const first = HEADER_BYTES + 1;
    this.#captureTimeAt = ids.absCaptureTime === undefined ? undefined : first;
    this.transportOffset =
      ids.transportSequence === undefined ? undefined : first + (ids.absCaptureTime === undefined ? 0 : 9);
  }

  /** The extension for a unit of this capture time: a view, written over by the next call. */
  of(captureTime: Micros): Uint8Array {
    if (this.#captureTimeAt !== undefined && captureTime !== this.#captureTime) {
      this.#captureTime = captureTime;
      this.#view.setBigUint64(this.#captureTimeAt, ntpOf(captureTime));
    }
    return this.#extension;
  }
}

let latest = { captureTime: micros(0), ntp: microsToNtp(micros(0)) };

/** One picture goes to all viewers before the next one. */
function ntpOf(captureTime: Micros): bigint {
  if (captureTime !== latest.captureTime) latest = { captureTime, ntp: microsToNtp(captureTime) };
  return latest.ntp;
}

function serialize(elements: readonly { readonly id: number; readonly value: Uint8Array }[]): Uint8Array {
  if (elements.length === 0) return new Uint8Array(0);
  const { profile, bytes } = serializeExtensionElements(elements);
  const extension = new Uint8Array(HEADER_BYTES + bytes.byteLength);
  const view = new DataView(extension.buffer);
  view.setUint16(0, profile);
  view.setUint16(2, bytes.byteLength / 4);
  extension.set(bytes, HEADER_BYTES);
  return extension;
}
