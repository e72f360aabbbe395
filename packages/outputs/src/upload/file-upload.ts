import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { UploadError } from './s3-answers.ts';
import type { S3Client, UploadedPart } from './s3-client.ts';
import type { BegunUpload } from './upload-journal.ts';

/** One file on its way. */
export interface FileUpload {
  readonly client: S3Client;
  readonly key: string;
  readonly contentType: string;
  readonly handle: FileHandle;
  readonly sizeBytes: number;
  readonly changedMs: number;
  readonly partBytes: number;
  /** An upload of it that was begun before. */
  readonly begun?: BegunUpload | undefined;
  /** An upload in parts was begun: to be kept. */
  readonly onBegun: (begun: BegunUpload) => Promise<void>;
  /** Called as bytes go, and for those that the service has already. */
  readonly sent: (bytes: number) => void;
  readonly signal: AbortSignal;
}

/** What it took. */
export interface FileUploaded {
  /** Bytes that an earlier try had sent. */
  readonly resumedBytes: number;
}

/** S3 takes no more parts. */
const MOST_PARTS = 10_000;

/**
 * Sends a file, in one piece or in parts, and asks the service whether it has it whole. One part is in memory at a time.
 * @throws {UploadError} `upload/*`
 */
export async function uploadFile(upload: FileUpload): Promise<FileUploaded> {
  const { client, key, contentType, sizeBytes, partBytes, signal, sent } = upload;
  let resumedBytes = 0;
  if (sizeBytes <= partBytes) {
    const body = await readPart(upload, { at: 0, length: sizeBytes });
    await client.put(key, { body, contentType, signal, sent });
  } else {
    resumedBytes = await uploadParts(upload);
  }
  const stored = await client.sizeOf(key, { signal });
  if (stored !== sizeBytes) {
    throw new UploadError(
      'upload/not-confirmed',
      `${key} has ${stored ?? 'no'} bytes in the storage, ${sizeBytes} were sent`,
    );
  }
  return { resumedBytes };
}

async function uploadParts(upload: FileUpload): Promise<number> {
  const { client, key, contentType, sizeBytes, changedMs, signal, sent } = upload;
  const usable =
    upload.begun?.sizeBytes === sizeBytes && upload.begun.changedMs === changedMs ? upload.begun : undefined;
  if (upload.begun !== undefined && usable === undefined)
    await client.abort(key, { id: upload.begun.id, signal });
  const partBytes = usable?.partBytes ?? Math.max(upload.partBytes, Math.ceil(sizeBytes / MOST_PARTS));
  const there = usable ? await client.listParts(key, { id: usable.id, signal }) : [];
  const id = usable?.id ?? (await client.begin(key, { contentType, signal }));
  if (usable === undefined) await upload.onBegun({ kind: 'begun', id, partBytes, sizeBytes, changedMs });
  const parts: UploadedPart[] = [];
  let resumedBytes = 0;
  for (let number = 1, at = 0; at < sizeBytes; number++, at += partBytes) {
    const body = await readPart(upload, { at, length: Math.min(partBytes, sizeBytes - at) });
    const known = there.find((part) => part.number === number);
    if (known !== undefined && isSame(known, body)) {
      parts.push(known);
      resumedBytes += body.byteLength;
      sent(body.byteLength);
    } else {
      parts.push(await client.putPart(key, { id, number, body, signal, sent }));
    }
  }
  await client.complete(key, { id, parts, signal });
  return resumedBytes;
}

const MD5 = /^"?([\da-f]{32})"?$/;

/** By its MD5, which is what an ETag is unless the service encrypts; else by its size. */
function isSame({ etag, sizeBytes }: UploadedPart, body: Uint8Array): boolean {
  const [, md5] = MD5.exec(etag) ?? [];
  return (
    sizeBytes === body.byteLength &&
    (md5 === undefined || md5 === createHash('md5').update(body).digest('hex'))
  );
}

async function readPart(
  { handle, key }: FileUpload,
  { at, length }: { readonly at: number; readonly length: number },
): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, at + filled);
    if (bytesRead === 0)
      throw new UploadError('upload/not-confirmed', `${key} became shorter while it was read`);
    filled += bytesRead;
  }
  return bytes;
}
