import { JpegWalk } from './jpeg-walk.ts';

const FF = 0xff;
const APP4 = 0xe4;
const MARKER_BYTES = 4;
const TYPE = [0x48, 0x32, 0x36, 0x34]; // "H264"
const TYPE_AT = 4;
const SHORTEST_HEADER_BYTES = 8;
/** A picture of H.264 beside a JPEG is smaller than this. */
const LARGEST_BYTES = 4 * 2 ** 20;

/**
 * Takes the H.264 picture out of a JPEG that carries one, as some UVC cameras send it (Logitech C920 of the first years
 * and others), in one or more APP4 segments:
 *
 * ```
 * FF E4 length │ version u16 BE │ header length u16 BE │ "H264" │ width, height, interval, delay, PTS … │ size u32 LE │ H.264 …
 * FF E4 length │ H.264 …                                          (as many as the size takes)
 * ```
 *
 * @returns Annex B with memory of its own; undefined where there is none, or it is not all there.
 * @see USB Device Class Definition for Video Devices: H.264 Payload 1.0 §3.3.3 (stream multiplexed in MJPEG)
 */
export function h264InJpeg(jpeg: Uint8Array): Uint8Array | undefined {
  const pieces: Uint8Array[] = [];
  let wanted: number | undefined;
  let held = 0;
  const walk = new JpegWalk();
  for (let step = walk.step(jpeg); step === 'segment'; step = walk.step(jpeg)) {
    const segment = app4At(jpeg, walk.offset);
    if (segment === undefined) continue;
    if (wanted === undefined) {
      const first = firstPart(segment);
      if (first === undefined) continue; // an APP4 of another meaning
      wanted = first.sizeBytes;
      pieces.push(first.rest);
      held = first.rest.byteLength;
    } else {
      pieces.push(segment);
      held += segment.byteLength;
    }
    if (held >= wanted) return joined(pieces, wanted);
  }
  return undefined;
}

/** What an APP4 segment at this place holds; undefined for another segment, or one cut off. */
function app4At(jpeg: Uint8Array, at: number): Uint8Array | undefined {
  if (jpeg[at] !== FF || jpeg[at + 1] !== APP4) return undefined;
  const end = at + 2 + (jpeg[at + 2] ?? 0) * 256 + (jpeg[at + 3] ?? 0);
  return end > jpeg.byteLength || end < at + MARKER_BYTES ? undefined : jpeg.subarray(at + MARKER_BYTES, end);
}

function firstPart(
  segment: Uint8Array,
): { readonly sizeBytes: number; readonly rest: Uint8Array } | undefined {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength);
  if (segment.byteLength < SHORTEST_HEADER_BYTES) return undefined;
  if (!TYPE.every((byte, i) => segment[TYPE_AT + i] === byte)) return undefined;
  const headerBytes = view.getUint16(2);
  if (headerBytes < SHORTEST_HEADER_BYTES || headerBytes + 4 > segment.byteLength) return undefined;
  const sizeBytes = view.getUint32(headerBytes, true);
  if (sizeBytes === 0 || sizeBytes > LARGEST_BYTES) return undefined;
  return { sizeBytes, rest: segment.subarray(headerBytes + 4) };
}

function joined(pieces: readonly Uint8Array[], sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  let at = 0;
  for (const piece of pieces) {
    const part = piece.subarray(0, sizeBytes - at);
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}
