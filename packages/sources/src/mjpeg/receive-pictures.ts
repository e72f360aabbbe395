import { JpegWalk } from '@pinhole/media/jpeg';
import {
  boundaryOfContentType,
  type MultipartCounters,
  type MultipartItem,
  MultipartReader,
  type PartHeaders,
  printable,
} from '@pinhole/protocol/multipart';
import type { Exchange } from './http/exchange.ts';
import { MjpegError, statusFailure } from './mjpeg-error.ts';

/** Where a reception puts what comes. Nothing in here may throw. */
export interface PicturesSink {
  /** A whole JPEG. Nobody changes it any more. */
  picture(jpeg: Uint8Array, headers: PartHeaders): void;
}

/** Pictures on their way in from one answer. */
export interface Reception {
  /**
   * Never resolves well: a stream of pictures has no end.
   * @throws {MjpegError} `source/ended`, `source/no-video`
   */
  readonly ended: Promise<never>;
  counters(): MultipartCounters;
}

const MAX_WORDS_BYTES = 1024;

/** Types under which streams of pictures come; the ones beside multipart are what small servers get wrong. */
const STREAM_TYPE = /^multipart\/|^video\/|^image\/jpe?g|^application\/octet-stream|^$/;

/**
 * Whether an answer is a stream of pictures.
 * @throws {MjpegError} what its status or its type means, with what the camera said
 */
export async function checkStream({ status, contentType, body }: Exchange): Promise<void> {
  if (status === 200 && STREAM_TYPE.test(contentType)) return;
  const words = /^text\/|json/.test(contentType) ? printable(await beginningOf(body)) : '';
  if (status !== 200) throw statusFailure(status, words);
  const said = words === '' ? '' : `, "${words.slice(0, 80)}"`;
  throw new MjpegError(
    'source/no-video',
    `the camera answers with ${contentType.replace(/[^\x21-\x7e].*/, '').slice(0, 40)}${said}, which is no stream of pictures: check the path in the URL`,
  );
}

/** Receives pictures until the camera ends it. */
export function receivePictures({ contentType, body }: Exchange, sink: PicturesSink): Reception {
  const reader = new MultipartReader({
    boundary: boundaryOfContentType(contentType),
    scan: () => new JpegWalk(),
  });
  let words = '';
  const take = (items: readonly MultipartItem[]): void => {
    for (const item of items) {
      if (item.kind === 'words') words = item.text;
      else sink.picture(item.body, item.headers);
    }
  };
  body.on('data', (chunk: Uint8Array) => take(reader.push(chunk)));
  const ended = new Promise<never>((_, reject) => {
    body.once('close', () => {
      take(reader.end());
      reject(endOf(reader.counters, { contentType, words, whole: body.complete }));
    });
  });
  ended.catch(() => {}); // whoever waits for it hears of it
  return { ended, counters: () => reader.counters };
}

function endOf(
  { pictures, truncated }: MultipartCounters,
  {
    contentType,
    words,
    whole,
  }: { readonly contentType: string; readonly words: string; readonly whole: boolean },
): MjpegError {
  if (words !== '') return new MjpegError('source/ended', `the camera ended the stream and said "${words}"`);
  if (pictures === 1 && whole && contentType.startsWith('image/')) {
    return new MjpegError(
      'source/no-video',
      'this address gives one picture, not a stream of them: write that of the stream',
    );
  }
  if (pictures === 0 && truncated === 0 && whole)
    return new MjpegError('source/no-video', 'the camera sent no picture, and ended the stream');
  return new MjpegError('source/ended', 'the camera ended the stream');
}

async function beginningOf(body: Exchange['body']): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, 1_000);
    const stop = (): void => {
      clearTimeout(timer);
      resolve();
    };
    body.on('data', (chunk: Uint8Array) => {
      parts.push(chunk);
      sizeBytes += chunk.byteLength;
      if (sizeBytes >= MAX_WORDS_BYTES) stop();
    });
    body.once('close', stop);
  });
  return Buffer.concat(parts).subarray(0, MAX_WORDS_BYTES);
}
