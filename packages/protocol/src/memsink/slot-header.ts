import { MalformedError } from '@pinhole/core';
import { type RealKind, readReal, writeReal } from './real.ts';
import { SLOT_MAGIC, type SlotLayout } from './slot-layout.ts';

/** What a slot says of the frame in it. */
export interface SlotFrameHeader {
  /** Differs from frame to frame, and says nothing else. */
  readonly id: bigint;
  readonly lengthBytes: number;
  readonly width: number;
  readonly height: number;
  /** Four characters, as V4L2 has them: `H264`, `JPEG`. */
  readonly format: string;
  /** Bytes of a line of a raw picture; 0 for others. */
  readonly stride: number;
  /** False for a placeholder: there is no signal. */
  readonly online: boolean;
  readonly key: boolean;
  /** Key-frame interval of the encoder, 0 for key frames on demand only; undefined where the version does not tell. */
  readonly gop?: number;
  /** When the picture was taken, by the writer's clock; 0 for placeholders. */
  readonly grabbedSeconds: number;
}

/**
 * Reads a header.
 * @param header {@link SlotLayout.headerBytes} bytes
 * @throws {MalformedError} `memsink/too-short`, `memsink/too-long` (the frame claims more than the slot holds)
 */
export function parseSlotHeader(header: Uint8Array, layout: SlotLayout, real: RealKind): SlotFrameHeader {
  if (header.byteLength < layout.headerBytes)
    throw new MalformedError('memsink/too-short', `a header of ${header.byteLength} bytes`);
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const { fields } = layout;
  const length = layout.usedBytes === 8 ? Number(view.getBigUint64(24, true)) : view.getUint32(24, true);
  if (length > layout.capacityBytes)
    throw new MalformedError(
      'memsink/too-long',
      `a frame of ${length} bytes, of ${layout.capacityBytes} at most`,
    );
  return {
    id: view.getBigUint64(16, true),
    lengthBytes: length,
    width: view.getUint32(fields.width, true),
    height: view.getUint32(fields.height, true),
    format: String.fromCharCode(...[0, 1, 2, 3].map((i) => view.getUint8(fields.format + i))),
    stride: view.getUint32(fields.stride, true),
    online: view.getUint8(fields.online) !== 0,
    key: fields.key !== undefined && view.getUint8(fields.key) !== 0,
    ...(fields.gop !== undefined && { gop: view.getUint32(fields.gop, true) }),
    grabbedSeconds: readReal(view, fields.grabbed, real),
  };
}

/** What a writer says of a frame. */
export interface WritableSlotHeader extends SlotFrameHeader {
  /** When encoding began and ended, by the writer's clock. */
  readonly encodeBeginSeconds: number;
  readonly encodeEndSeconds: number;
}

/** The bytes of a header; the fields of readers are zero. */
export function serializeSlotHeader(
  frame: WritableSlotHeader,
  layout: SlotLayout,
  kind: RealKind,
): Uint8Array {
  const header = new Uint8Array(layout.headerBytes);
  const view = new DataView(header.buffer);
  const { fields } = layout;
  view.setBigUint64(0, SLOT_MAGIC, true);
  view.setUint32(8, layout.version, true);
  view.setBigUint64(16, frame.id, true);
  if (layout.usedBytes === 8) view.setBigUint64(24, BigInt(frame.lengthBytes), true);
  else view.setUint32(24, frame.lengthBytes, true);
  view.setUint32(fields.width, frame.width, true);
  view.setUint32(fields.height, frame.height, true);
  for (let i = 0; i < 4; i++) view.setUint8(fields.format + i, frame.format.charCodeAt(i) & 0xff);
  view.setUint32(fields.stride, frame.stride, true);
  view.setUint8(fields.online, frame.online ? 1 : 0);
  if (fields.key !== undefined) view.setUint8(fields.key, frame.key ? 1 : 0);
  if (fields.gop !== undefined) view.setUint32(fields.gop, frame.gop ?? 0, true);
  writeReal(view, fields.grabbed, { kind, value: frame.grabbedSeconds });
  if (fields.grabEnd !== undefined) writeReal(view, fields.grabEnd, { kind, value: frame.grabbedSeconds });
  writeReal(view, fields.encodeBegin, { kind, value: frame.encodeBeginSeconds });
  writeReal(view, fields.encodeEnd, { kind, value: frame.encodeEndSeconds });
  return header;
}
