import { RequestProblem } from './request-problem.ts';

/** No offer of a real client comes near it. */
const MAX_BODY_BYTES = 64 * 1024;

/** @throws {RequestProblem} `whep/media-type` with the header that names the right type */
export function requireMediaType(request: Request, expected: string, acceptHeader: string): void {
  const given = request.headers.get('Content-Type') ?? '';
  if (given.split(';', 1)[0]?.trim().toLowerCase() === expected) return;
  throw new RequestProblem(
    {
      status: 415,
      code: 'whep/media-type',
      title: 'Wrong media type',
      detail: `Content-Type is ${given === '' ? 'missing' : `"${given.slice(0, 80)}"`}, need ${expected}`,
    },
    { headers: { [acceptHeader]: expected } },
  );
}

/**
 * The whole body as text; stops reading where the limit is passed, whatever Content-Length says.
 * @throws {RequestProblem} `whep/too-large`, `whep/encoding`, `whep/cut-short`
 */
export async function readText(request: Request): Promise<string> {
  const bytes = await readBytes(request).catch((thrown: unknown) => {
    if (thrown instanceof RequestProblem) throw thrown;
    throw malformed('whep/cut-short', 'the body ended before its end', thrown);
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw malformed('whep/encoding', 'the body is not UTF-8', cause);
  }
}

async function readBytes(request: Request): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  while (reader) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.byteLength;
    if (size > MAX_BODY_BYTES) {
      await reader.cancel();
      throw new RequestProblem({
        status: 413,
        code: 'whep/too-large',
        title: 'Body too large',
        detail: `the body is above ${MAX_BODY_BYTES / 1024} KiB`,
      });
    }
    chunks.push(value);
  }
  return Buffer.concat(chunks);
}

const malformed = (code: string, detail: string, cause: unknown): RequestProblem =>
  new RequestProblem({ status: 400, code, title: 'Malformed body', detail }, { cause });
