import type { FileHandle } from 'node:fs/promises';

/** What a transfer carries; whoever sends it closes it. */
export interface TransferBody {
  readonly sizeBytes: number;
  /** Bytes from `at` on, as many as asked for; a copy or a view that stays as it is. @throws when they cannot be had */
  read(at: number, length: number): Promise<Uint8Array>;
  /** May be called again; never throws. */
  close(): Promise<void>;
}

/** A body that is in memory. */
export const memoryBody = (bytes: Uint8Array): TransferBody => ({
  sizeBytes: bytes.byteLength,
  read: (at, length) => Promise.resolve(bytes.subarray(at, at + length)),
  close: () => Promise.resolve(),
});

/** A body that is read from an open file as it goes; the body owns the handle from now on. */
export const fileBody = ({
  handle,
  sizeBytes,
}: {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}): TransferBody => ({
  sizeBytes,
  read: async (at, length) => {
    const bytes = new Uint8Array(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await handle.read(bytes, filled, length - filled, at + filled);
      // Its length was announced already.
      if (bytesRead === 0) throw new Error(`the file ends at ${at + filled}, before byte ${sizeBytes}`);
      filled += bytesRead;
    }
    return bytes;
  },
  close: () => handle.close().catch(() => {}),
});
