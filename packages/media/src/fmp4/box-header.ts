import { ByteReader, MalformedError } from '@pinhole/core';

/** What stands before a box's content. */
export interface BoxHeader {
  /** Four characters, e.g. `moof`. */
  readonly type: string;
  /** 8, or 16 where the size takes 64 bits. */
  readonly headerBytes: number;
  /** Of the whole box; Infinity for one that lasts until the end of the file. */
  readonly sizeBytes: number;
}

/** A box that lies whole in memory. */
export interface Box extends BoxHeader {
  /** Where it begins in the bytes that were read. */
  readonly offset: number;
  /** What is behind the header; a view. */
  readonly body: Uint8Array;
}

/** As many bytes as `parseBoxHeader` needs for any box. */
export const LONGEST_BOX_HEADER_BYTES = 16;

const CODE = 'fmp4/box';

/**
 * Reads the header of the box that begins at `offset`. The box itself need not be there.
 * @returns undefined when more bytes are needed
 * @throws {MalformedError} `fmp4/box` for a size that is smaller than its header or beyond 2^53.
 * @see ISO/IEC 14496-12 §4.2
 */
export function parseBoxHeader(bytes: Uint8Array, offset = 0): BoxHeader | undefined {
  if (bytes.byteLength - offset < 8) return undefined;
  const reader = new ByteReader(bytes.subarray(offset));
  const size = reader.u32();
  const type = String.fromCharCode(...reader.bytes(4));
  if (size === 0) return { type, headerBytes: 8, sizeBytes: Number.POSITIVE_INFINITY };
  if (size !== 1) return checked({ type, headerBytes: 8, sizeBytes: size });
  if (reader.remaining < 8) return undefined;
  return checked({ type, headerBytes: 16, sizeBytes: reader.u64() });
}

function checked(header: BoxHeader): BoxHeader {
  const { type, headerBytes, sizeBytes } = header;
  if (sizeBytes < headerBytes || !Number.isSafeInteger(sizeBytes)) {
    throw new MalformedError(CODE, `box "${type}" tells a size of ${sizeBytes} bytes`);
  }
  return header;
}

/**
 * Walks the boxes that `bytes` hold, one behind the other.
 * @yields views into `bytes`; they die with it.
 * @throws {MalformedError} `fmp4/box` for a box that reaches beyond the end, or bytes that are none.
 */
export function* boxesIn(bytes: Uint8Array): Generator<Box, void, void> {
  let offset = 0;
  while (offset < bytes.byteLength) {
    const header = parseBoxHeader(bytes, offset);
    const left = bytes.byteLength - offset;
    if (header === undefined) throw new MalformedError(CODE, `${left} bytes at ${offset} are no box`);
    const sizeBytes = Number.isFinite(header.sizeBytes) ? header.sizeBytes : left;
    if (sizeBytes > left) {
      throw new MalformedError(CODE, `box "${header.type}" of ${sizeBytes} bytes has ${left} at ${offset}`);
    }
    yield {
      ...header,
      sizeBytes,
      offset,
      body: bytes.subarray(offset + header.headerBytes, offset + sizeBytes),
    };
    offset += sizeBytes;
  }
}
