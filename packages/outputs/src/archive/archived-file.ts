import type { ByteRange } from './byte-range.ts';
import type { ConfinedFile } from './confined-folder.ts';
import { streamOfFile } from './file-stream.ts';

/** A recording or a picture, open to be sent. */
export interface ArchivedFile {
  readonly sizeBytes: number;
  /** When it was last written to, ms since 1970. */
  readonly changedMs: number;
  /** Strong: other bytes have another one. Quoted, as the header wants it (RFC 9110 §8.8.3). */
  readonly etag: string;
  readonly contentType: 'video/mp4' | 'image/jpeg';
  /** What a person's disk calls it. */
  readonly name: string;
  /** Its bytes, or some of them. To be read once; closes the file at its end or when it is cancelled. */
  stream(range?: ByteRange): ReadableStream<Uint8Array>;
  /** Closes it unread. May be called again. */
  close(): Promise<void>;
}

/** What is sent of an open file. */
export function archivedFile(
  path: string,
  { handle, sizeBytes, changedMs, fileId }: ConfinedFile,
): ArchivedFile {
  return {
    sizeBytes,
    changedMs,
    etag: `"${fileId}-${sizeBytes.toString(36)}-${changedMs.toString(36)}"`,
    contentType: path.endsWith('.jpg') ? 'image/jpeg' : 'video/mp4',
    name: path.slice(path.lastIndexOf('/') + 1),
    stream: (range = { start: 0, last: sizeBytes - 1 }) => streamOfFile(handle, range),
    close: () => handle.close(),
  };
}
