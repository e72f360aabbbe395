/** Which bytes of a file are wanted. */
export interface ByteRange {
  readonly start: number;
  /** The last byte, not the one behind it. */
  readonly last: number;
}

/** What a `Range` header asks for: all of it, one stretch, or what is answered 416. */
export type RequestedRange =
  | { readonly kind: 'whole' }
  | { readonly kind: 'part'; readonly range: ByteRange }
  | { readonly kind: 'unsatisfiable'; readonly why: 'beyond-end' | 'several-ranges' };

const ONE_RANGE = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i;
const SEVERAL_RANGES = /^bytes=[\d \t-]+(?:,[\d \t-]*)+$/i;

/**
 * What a `Range` header asks of a file of this size. Several ranges in one request are refused: players and download programs
 * ask for one, and an answer in parts serves only who wants to make us work. What is no range of bytes at all asks for the
 * whole file.
 *
 * @see RFC 9110 §14.1.2, §14.2, §15.5.17
 */
export function parseByteRange(
  header: string | undefined,
  { sizeBytes }: { readonly sizeBytes: number },
): RequestedRange {
  if (SEVERAL_RANGES.test(header ?? '')) return { kind: 'unsatisfiable', why: 'several-ranges' };
  const [, first = '', last = ''] = ONE_RANGE.exec(header ?? '') ?? [];
  if (first === '' && last === '') return { kind: 'whole' };
  if (first === '') {
    const length = Math.min(Number(last), sizeBytes);
    return length === 0 ? BEYOND_END : part(sizeBytes - length, sizeBytes - 1);
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return { kind: 'whole' };
  if (start >= sizeBytes) return BEYOND_END;
  return part(start, last === '' ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1));
}

const BEYOND_END: RequestedRange = { kind: 'unsatisfiable', why: 'beyond-end' };

const part = (start: number, last: number): RequestedRange => ({ kind: 'part', range: { start, last } });
