/** A part's header fields by name in lower case; values are trimmed. */
export type PartHeaders = ReadonlyMap<string, string>;

/** What a multipart stream brought. */
export type MultipartItem =
  /** A whole picture. `body` is a view that nobody changes any more. */
  | { readonly kind: 'picture'; readonly headers: PartHeaders; readonly body: Uint8Array }
  /** Text where a picture was expected: mostly why there is none. Printable, 200 characters at most. */
  | { readonly kind: 'words'; readonly headers: PartHeaders; readonly text: string };

/** Finds the end of a body by what is in it; a `JpegWalk` fits. */
export interface BodyScan {
  /** Behind the body at its end; at what is wrong where it is broken. */
  readonly offset: number;
  /** `bytes` begins with the body and holds all that was shown before, and more. */
  advance(bytes: Uint8Array): 'more' | 'end' | 'broken';
}

/** What a reader did so far. */
export interface MultipartCounters {
  readonly pictures: number;
  /** Pictures left out because their end was missing. */
  readonly truncated: number;
  /** Pictures left out because they went on beyond the limit. */
  readonly tooLarge: number;
  /** Parts that are neither pictures nor text. */
  readonly foreign: number;
  /** Pictures whose Content-Length was not theirs; they were taken. */
  readonly wrongLengths: number;
  /** Bytes passed over because they belonged to nothing. */
  readonly strayBytes: number;
}

/** What one part may take up at most. */
export interface MultipartLimits {
  readonly partBytes: number;
  /** One line of a header. */
  readonly lineBytes: number;
  readonly headerFields: number;
  readonly textBytes: number;
}

/** The limits unless told; the largest picture of an ESP32's sensor has 5 megapixels and stays below 1 MiB. */
export const MULTIPART_LIMITS: MultipartLimits = {
  partBytes: 2 * 1024 * 1024,
  lineBytes: 8 * 1024,
  headerFields: 64,
  textBytes: 16 * 1024,
};
