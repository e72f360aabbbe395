const HIDDEN = '…';

/** Fields that hold a secret whatever their value looks like. */
const SECRET_FIELD =
  /^(?:.*token|authorization|password|passphrase|secret|secretAccessKey|credential|cookie|private-?key)$/i;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  // `?token=…`, `&token=…`, `#token=…`
  [/([?&#]token=)[^&\s"'#]+/gi, `$1${HIDDEN}`],
  // `rtsp://user:password@host`; people write passwords with `/` and `@` in them, and paths with `@` are none of ours
  [/\b(rtsps?:\/\/)[^\s"]{0,500}@/gi, `$1${HIDDEN}@`],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/"']{0,500}@/gi, `$1${HIDDEN}@`],
  // `Bearer …` in a header, `bearer.…` in a WebSocket subprotocol
  [/\b(bearer[ .])[\w~+/.-]+=*/gi, `$1${HIDDEN}`],
  // Pinhole's own tokens, wherever they stand
  [/\bpin_[\w-]{16,}/g, HIDDEN],
];

const MAX_DEPTH = 5;

/** The text with every token, password and bearer credential in it replaced by `…`. */
export function scrubText(text: string): string {
  return PATTERNS.reduce((clean, [pattern, replacement]) => clean.replace(pattern, replacement), text);
}

/** A copy of a log field's value without secrets; errors become their name, code, message and stack. */
export function scrub(value: unknown, depth = 0): unknown {
  if (typeof value === 'string') return scrubText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= MAX_DEPTH) return '[deep]';
  if (value instanceof Error) return scrubError(value, depth);
  if (Array.isArray(value)) return value.slice(0, 50).map((entry) => scrub(entry, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      isSecret(key, entry) ? HIDDEN : scrub(entry, depth + 1),
    ]),
  );
}

/** Ids of tokens are short and no secret; they stand in fields called `token` too. */
const LONGEST_ID = 16;

const isSecret = (key: string, value: unknown): boolean =>
  SECRET_FIELD.test(key) && typeof value === 'string' && (value.length > LONGEST_ID || !/token$/i.test(key));

function scrubError(error: Error, depth: number): Record<string, unknown> {
  return {
    name: error.name,
    ...('code' in error && typeof error.code === 'string' && { code: error.code }),
    message: scrubText(error.message),
    ...(error.stack !== undefined && { stack: scrubText(error.stack) }),
    ...(error.cause !== undefined && { cause: scrub(error.cause, depth + 1) }),
  };
}
