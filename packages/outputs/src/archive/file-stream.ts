import type { FileHandle } from 'node:fs/promises';
import type { ByteRange } from './byte-range.ts';

/** Read at once; a disk gives no more by a larger one, and each reader holds one such piece. */
const CHUNK_BYTES = 128 * 1024;

/**
 * Bytes of an open file as a stream that reads no further than it is asked to. The handle is closed when the stream ends, fails
 * or is cancelled. A file that becomes shorter meanwhile makes the stream fail: a body must be as long as was announced.
 */
export function streamOfFile(handle: FileHandle, { start, last }: ByteRange): ReadableStream<Uint8Array> {
  let at = start;
  return new ReadableStream<Uint8Array>(
    {
      pull: async (controller) => {
        try {
          if (at <= last) {
            const chunk = new Uint8Array(Math.min(CHUNK_BYTES, last + 1 - at));
            const { bytesRead } = await handle.read(chunk, 0, chunk.byteLength, at);
            if (bytesRead === 0) throw new Error(`the file ends at ${at}, before byte ${last}`);
            at += bytesRead;
            controller.enqueue(chunk.subarray(0, bytesRead));
          }
        } catch (thrown) {
          await handle.close();
          throw thrown;
        }
        if (at <= last) return;
        await handle.close();
        controller.close();
      },
      cancel: () => handle.close(),
    },
    { highWaterMark: 0 },
  );
}
