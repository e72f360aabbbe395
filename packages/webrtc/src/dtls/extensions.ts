import { ByteReader, ByteWriter, MalformedError } from '@pinhole/core';

/** Extensions of a hello: their contents by their code points. */
export type Extensions = ReadonlyMap<number, Uint8Array>;

/** Both hellos end with them, or before them. @see RFC 5246 §7.4.1.4 */
export function serializeExtensions(extensions: Extensions): Uint8Array {
  const list = new ByteWriter();
  for (const [code, content] of extensions) list.u16(code).u16(content.byteLength).bytes(content);
  return new ByteWriter().u16(list.length).bytes(list.finish()).finish();
}

/**
 * What is left of a hello.
 * @returns views
 * @throws {MalformedError} `bytes/too-short`, `dtls/malformed`
 */
export function parseExtensions(reader: ByteReader): Extensions {
  const extensions = new Map<number, Uint8Array>();
  if (reader.remaining === 0) return extensions;
  const list = new ByteReader(reader.bytes(reader.u16()));
  requireEnd(reader, 'a hello');
  while (list.remaining > 0) {
    const code = list.u16();
    if (extensions.has(code)) throw new MalformedError('dtls/malformed', `extension ${code} comes twice`);
    extensions.set(code, list.bytes(list.u16()));
  }
  return extensions;
}

/** A list of 16-bit code points behind its length in bytes. @throws {MalformedError} */
export function parseCodes(reader: ByteReader): number[] {
  const list = new ByteReader(reader.bytes(reader.u16()));
  const codes: number[] = [];
  while (list.remaining > 0) codes.push(list.u16());
  return codes;
}

/** The same the other way. */
export function serializeCodes(codes: readonly number[]): Uint8Array {
  const writer = new ByteWriter().u16(codes.length * 2);
  for (const code of codes) writer.u16(code);
  return writer.finish();
}

/**
 * Nothing may follow.
 * @throws {MalformedError} `dtls/malformed`
 */
export function requireEnd({ remaining }: ByteReader, what: string): void {
  if (remaining > 0) throw new MalformedError('dtls/malformed', `${remaining} bytes behind ${what}`);
}
