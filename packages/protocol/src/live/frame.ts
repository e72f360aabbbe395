import { ByteWriter, MalformedError, type Micros, micros } from '@pinhole/core';

/** Bytes before the payload of every binary message. */
export const LIVE_HEADER_BYTES = 24;

/** The version of the binary header; another one is another subprotocol. */
export const LIVE_VERSION = 1;

/** What the payload of a binary message is, with its code point. */
export const LIVE_FRAME_TYPE = { video: 1, audio: 2, config: 3, metadata: 4, jpeg: 5 } as const;

/** What the payload of a binary message is. */
export type LiveFrameType = keyof typeof LIVE_FRAME_TYPE;

/** The bits of the flags byte. */
export const LIVE_FLAG = { key: 1, discontinuity: 2, configChanged: 4, droppable: 8, catchUp: 16 } as const;

/** What a binary message says of its payload. */
export interface LiveFrameHeader {
  readonly type: LiveFrameType;
  /** Decoding can start here. */
  readonly key: boolean;
  /** Units were left out before this one, which is a key unit. */
  readonly discontinuity: boolean;
  /** The first unit after the codec or the picture size changed; a `config` message came before it. */
  readonly configChanged: boolean;
  /** No other picture needs this one. */
  readonly droppable: boolean;
  /** Older than the live edge: decode it, do not show it for its time. */
  readonly catchUp: boolean;
  /** Which of several tracks of its type; 0 today. */
  readonly track: number;
  /** Counts up by one a unit of the source, modulo 2^32. */
  readonly sequence: number;
  /** When to show it, on the source's own time line. */
  readonly pts: Micros;
  /** When light hit the sensor, UTC; 0 when unknown. */
  readonly captureTime: Micros;
}

/** One binary message. */
export interface LiveFrame extends LiveFrameHeader {
  /** Annex B for video, a file for JPEG. */
  readonly payload: Uint8Array;
}

const TYPE_OF_CODE_POINT = new Map(
  Object.entries(LIVE_FRAME_TYPE).map(([type, codePoint]) => [codePoint as number, type as LiveFrameType]),
);

/**
 * The header of a binary message, without the payload.
 *
 * ```
 *  0                   1                   2                   3
 *  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 * +---------------+---------------+---------------+---------------+
 * |  version = 1  |     type      | 0 0 0 U D C X K |     track     |
 * +---------------+---------------+---------------+---------------+
 * |                           sequence                            |
 * +---------------------------------------------------------------+
 * |                    pts, µs (64 bit)                           |
 * |                                                               |
 * +---------------------------------------------------------------+
 * |                    capture time, µs UTC (64 bit)              |
 * |                                                               |
 * +---------------------------------------------------------------+
 * ```
 * K key, X discontinuity, C config changed, D droppable, U catch-up. Big-endian.
 *
 * @returns {@link LIVE_HEADER_BYTES} bytes of their own
 */
export function serializeLiveHeader(header: LiveFrameHeader): Uint8Array {
  return writeHeader(new ByteWriter(LIVE_HEADER_BYTES), header).finish();
}

/** One binary message; `payload` is copied behind the header. */
export function serializeLiveFrame(frame: LiveFrame): Uint8Array {
  const writer = new ByteWriter(LIVE_HEADER_BYTES + frame.payload.byteLength);
  return writeHeader(writer, frame).bytes(frame.payload).finish();
}

/**
 * Parses one binary message.
 * @returns a view; `bytes` is neither copied nor changed.
 * @throws {MalformedError} `live/too-short`, `live/version`, `live/frame-type`, `live/out-of-range`; for any bytes
 *   whatsoever, nothing else
 */
export function parseLiveFrame(bytes: Uint8Array): LiveFrame {
  if (bytes.byteLength < LIVE_HEADER_BYTES) {
    throw new MalformedError('live/too-short', `${bytes.byteLength} bytes, need ${LIVE_HEADER_BYTES}`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint8(0);
  if (version !== LIVE_VERSION) {
    throw new MalformedError('live/version', `version ${version}, know ${LIVE_VERSION}`);
  }
  const type = TYPE_OF_CODE_POINT.get(view.getUint8(1));
  if (type === undefined) throw new MalformedError('live/frame-type', `frame type ${view.getUint8(1)}`);
  const flags = view.getUint8(2);
  return {
    type,
    key: (flags & LIVE_FLAG.key) !== 0,
    discontinuity: (flags & LIVE_FLAG.discontinuity) !== 0,
    configChanged: (flags & LIVE_FLAG.configChanged) !== 0,
    droppable: (flags & LIVE_FLAG.droppable) !== 0,
    catchUp: (flags & LIVE_FLAG.catchUp) !== 0,
    track: view.getUint8(3),
    sequence: view.getUint32(4),
    pts: readMicros(view, 8, 'pts'),
    captureTime: readMicros(view, 16, 'capture time'),
    payload: bytes.subarray(LIVE_HEADER_BYTES),
  };
}

function writeHeader(writer: ByteWriter, header: LiveFrameHeader): ByteWriter {
  const flags =
    (header.key ? LIVE_FLAG.key : 0) |
    (header.discontinuity ? LIVE_FLAG.discontinuity : 0) |
    (header.configChanged ? LIVE_FLAG.configChanged : 0) |
    (header.droppable ? LIVE_FLAG.droppable : 0) |
    (header.catchUp ? LIVE_FLAG.catchUp : 0);
  return writer
    .u8(LIVE_VERSION)
    .u8(LIVE_FRAME_TYPE[header.type])
    .u8(flags)
    .u8(header.track)
    .u32(header.sequence % 2 ** 32)
    .u64(Math.max(0, header.pts))
    .u64(Math.max(0, header.captureTime));
}

function readMicros(view: DataView, offset: number, field: string): Micros {
  const value = view.getUint32(offset) * 2 ** 32 + view.getUint32(offset + 4);
  if (!Number.isSafeInteger(value)) {
    throw new MalformedError('live/out-of-range', `${field} is above 2^53 µs`);
  }
  return micros(value);
}
