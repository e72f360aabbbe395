import type { AskOptions, CameraHttp } from './exchange.ts';
import type { HttpTarget } from './http-target.ts';

/** A short answer, read whole. */
export interface TextAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

const MAX_BYTES = 64 * 1024;

/**
 * Asks for something short, of which 64 KiB are read at most.
 * @throws {MjpegError} `source/*`
 */
export async function readText(
  http: CameraHttp,
  target: HttpTarget,
  options: AskOptions,
): Promise<TextAnswer> {
  const exchange = await http.get(target, options);
  const { body, status, contentType } = exchange;
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  await new Promise<void>((resolve) => {
    const stop = (): void => {
      cancel();
      options.signal.removeEventListener('abort', stop);
      resolve();
    };
    const cancel = options.clock.after(options.timeoutMs, stop);
    options.signal.addEventListener('abort', stop);
    body.on('data', (chunk: Uint8Array) => {
      sizeBytes += chunk.byteLength;
      parts.push(chunk);
      if (sizeBytes >= MAX_BYTES) stop();
    });
    body.on('close', stop);
  });
  await exchange.close();
  return { status, contentType, text: Buffer.concat(parts).toString('utf8', 0, MAX_BYTES) };
}
