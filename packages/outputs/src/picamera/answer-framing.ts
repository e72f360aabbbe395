import { randomUUID } from 'node:crypto';
import {
  type CameraRequest,
  CmdType,
  CommandType,
  LEGACY_CHUNK_BYTES,
  legacyChunk,
  legacyHeader,
  legacyTrailer,
  PACKET_CHUNK_BYTES,
  packetChunk,
  packetHeader,
  packetTrailer,
  type SpokenEncoding,
} from '@pinhole/protocol/picamera';
import type { TransferFraming } from './transfer/transfer-line.ts';

/** Requests that are answered by a transfer, and messages of local programs. */
export type TransferKind = Extract<CameraRequest['kind'], 'snapshot' | 'query' | 'download' | 'custom'>;

const LEGACY_TYPE = {
  snapshot: CmdType.SNAPSHOT,
  query: CmdType.METADATA,
  download: CmdType.RECORDING,
  custom: CmdType.CUSTOM,
} as const;

const PACKET_TYPE = {
  snapshot: CommandType.TAKE_SNAPSHOT,
  query: CommandType.QUERY_FILE,
  download: CommandType.TRANSFER_FILE,
  custom: CommandType.CUSTOM,
} as const;

/** How one transfer of a kind is written. */
export function answerFraming(encoding: SpokenEncoding, kind: TransferKind): TransferFraming {
  if (encoding === 'legacy') {
    const type = LEGACY_TYPE[kind];
    return {
      chunkBytes: LEGACY_CHUNK_BYTES,
      header: (total) => legacyHeader(type, total),
      chunk: (_offset, bytes) => legacyChunk(type, bytes),
      // There is no place for the reason.
      trailer: () => legacyTrailer(type),
    };
  }
  const stream = { type: PACKET_TYPE[kind], streamId: randomUUID() };
  return {
    chunkBytes: PACKET_CHUNK_BYTES,
    header: (total) => packetHeader(stream, total),
    chunk: (offset, bytes) => packetChunk(stream, offset, bytes),
    trailer: (reason) => packetTrailer(stream, reason),
  };
}
