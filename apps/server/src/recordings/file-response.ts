import { type Archive, type ArchivedFile, parseByteRange } from '@pinhole/outputs/archive';
import { HttpProblem } from '../http/problem.ts';

/**
 * A recording, or the picture beside one, as HTTP has it: in stretches for those who go on with a download, not again
 * for those who have it.
 *
 * @throws {PinholeError} `recording/*`; {HttpProblem} `recording/bad-range`
 * @see RFC 9110 §13 (conditions), §14 (ranges)
 */
export async function fileResponse(archive: Archive, path: string, request: Request): Promise<Response> {
  const file = await archive.openFile(path);
  try {
    return respond(file, request, archive.isInUse(path));
  } catch (thrown) {
    await file.close();
    throw thrown;
  }
}

function respond(file: ArchivedFile, request: Request, inUse: boolean): Response {
  const headers = new Headers({
    'Content-Type': file.contentType,
    ETag: file.etag,
    'Last-Modified': new Date(file.changedMs).toUTCString(),
    'Accept-Ranges': 'bytes',
    // What is complete never changes; it may be deleted, though.
    'Cache-Control': inUse ? 'no-store' : 'private, max-age=0, must-revalidate',
  });
  if (new URL(request.url).searchParams.has('download')) {
    headers.set('Content-Disposition', `attachment; filename="${file.name}"`);
  }
  if (namesTag(request.headers.get('If-None-Match'), file.etag)) {
    void file.close();
    return new Response(null, { status: 304, headers });
  }
  const wanted = rangeOf(file, request, { inUse });
  if (wanted.kind === 'unsatisfiable') {
    const several = wanted.why === 'several-ranges';
    throw new HttpProblem(
      416,
      'recording/bad-range',
      several
        ? 'several ranges in one request are not served; ask for one after the other'
        : `the file ends before that: it has ${file.sizeBytes} bytes`,
      { headers: { 'Content-Range': `bytes */${file.sizeBytes}` } },
    );
  }
  const range = wanted.kind === 'part' ? wanted.range : { start: 0, last: file.sizeBytes - 1 };
  headers.set('Content-Length', String(range.last - range.start + 1));
  if (wanted.kind === 'part')
    headers.set('Content-Range', `bytes ${range.start}-${range.last}/${file.sizeBytes}`);
  const status = wanted.kind === 'part' ? 206 : 200;
  if (request.method === 'HEAD' || file.sizeBytes === 0) {
    void file.close();
    return new Response(null, { status, headers });
  }
  return new Response(file.stream(range), { status, headers });
}

/** A range of a file that is another one by now would give a mixture of both (RFC 9110 §13.1.5); of HEAD there is none (§14.2). */
function rangeOf(
  file: ArchivedFile,
  { method, headers }: Request,
  { inUse }: { readonly inUse: boolean },
): ReturnType<typeof parseByteRange> {
  const condition = headers.get('If-Range');
  // Of what is being written, a time in seconds tells nothing.
  const isSameTime = (text: string): boolean =>
    !inUse && Date.parse(text) === Math.floor(file.changedMs / 1000) * 1000;
  const changed = condition !== null && condition !== file.etag && !isSameTime(condition);
  const header = changed || method !== 'GET' ? undefined : (headers.get('Range') ?? undefined);
  return parseByteRange(header, { sizeBytes: file.sizeBytes });
}

const namesTag = (header: string | null, tag: string): boolean =>
  header !== null &&
  (header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === tag));
