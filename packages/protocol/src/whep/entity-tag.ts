import { MalformedError } from '@pinhole/core';

/** What an `If-Match` header asks for: whatever is there, or one of some states. */
export type IfMatch =
  | { readonly kind: 'any' }
  /** The strong tags without their quotes; weak ones are left out, as `If-Match` never matches them. */
  | { readonly kind: 'tags'; readonly tags: readonly string[] };

const ENTITY_TAG = /\s*(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*/y;

/** A strong entity tag, quoted as the header wants it (RFC 9110 §8.8.3). */
export const serializeEntityTag = (opaque: string): string => {
  if (!/^[\x21\x23-\x7e]*$/.test(opaque)) throw new RangeError(`entity tag ${opaque}`);
  return `"${opaque}"`;
};

/**
 * Parses an `If-Match` header. `"*"` in quotes, which some WHEP clients send, means any as `*` does.
 * @throws {MalformedError} `whep/if-match`; for any text whatsoever, nothing else
 * @see RFC 9110 §13.1.1
 */
export function parseIfMatch(header: string): IfMatch {
  const trimmed = header.trim();
  if (trimmed === '*' || trimmed === '"*"') return { kind: 'any' };
  const tags: string[] = [];
  for (let at = 0; ; at++) {
    ENTITY_TAG.lastIndex = at;
    const match = ENTITY_TAG.exec(trimmed);
    if (match === null) throw malformed(trimmed);
    if (match[1] === undefined) tags.push(match[2] ?? '');
    at = ENTITY_TAG.lastIndex;
    if (at === trimmed.length) return { kind: 'tags', tags };
    if (trimmed[at] !== ',') throw malformed(trimmed);
  }
}

const malformed = (header: string): MalformedError =>
  new MalformedError('whep/if-match', `If-Match "${header.slice(0, 80)}" is neither * nor a list of "tags"`);
