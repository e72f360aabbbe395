import * as z from 'zod/mini';
import { parseJson } from './parse-json.ts';

/** The longest answer to a METADATA request: a path, a length and a picture in base64. */
export const MAX_METADATA_BYTES = 8 * 1024 * 1024;

/** What generation A says of a recording. */
export interface LegacyMetadata {
  /** Whole seconds. Clients declare text here, devices send a number; -1 where a device could not tell. */
  readonly duration: number;
  /** A `data:image/jpeg;base64,` URL, or empty. */
  readonly image: string;
  /** The path on the device, to be given back as it came. */
  readonly path: string;
}

const schema = z.object({
  duration: z.pipe(
    z.union([z.number(), z.string()]),
    z.transform((value) => (Number.isFinite(Number(value)) ? Number(value) : -1)),
  ),
  image: z.optional(z.nullable(z.string())),
  path: z.string(),
});

/** The body of an answer to METADATA. Pure ASCII: clients take each byte for a character before they parse it. */
export function serializeLegacyMetadata(metadata: LegacyMetadata): Uint8Array {
  const { duration, image, path } = metadata;
  const json = JSON.stringify({ duration: Math.floor(duration), image, path });
  const ascii = json.replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0));
}

/**
 * Reads the body of an answer to METADATA; raw UTF-8 in it is read as such.
 * @throws {MalformedError} `picamera/metadata`; for any input whatsoever, nothing else
 */
export function parseLegacyMetadata(body: Uint8Array): LegacyMetadata {
  const { duration, image, path } = parseJson(body, schema, {
    what: 'the metadata of a recording',
    code: 'picamera/metadata',
    maxBytes: MAX_METADATA_BYTES,
  });
  return { duration, image: image ?? '', path };
}
