/** How one firmware, or a flaw of it, writes a stream of pictures. */
export interface StreamFormat {
  readonly boundary: string;
  /** As the header of the answer names it; the boundary itself unless told. */
  readonly boundaryParameter?: string;
  /** `chunked`, or until the connection ends; `1.0` says so by its version. */
  readonly transfer: 'chunked' | 'close' | '1.0';
  readonly contentLength: 'right' | 'padded' | 'missing' | 'too-large' | 'too-small';
  /** `X-Timestamp` of each part. */
  readonly timestamps: 'since-boot' | 'zero' | 'missing';
  /** Where boundaries stand. */
  readonly boundaries: 'before' | 'after' | 'none';
  readonly lineEnd: '\r\n' | '\n';
  /** Without headers the pictures follow each other bare. */
  readonly headers: 'full' | 'none';
  readonly dashes: string;
}

const STOCK: StreamFormat = {
  boundary: '123456789000000000000987654321',
  transfer: 'chunked',
  contentLength: 'right',
  timestamps: 'since-boot',
  boundaries: 'before',
  lineEnd: '\r\n',
  headers: 'full',
  dashes: '--',
};

/** The formats that cameras are known to have, by name. */
export const FORMATS = {
  stock: STOCK,
  /** Arduino core 1.0: no time stamps. */
  'stock-old': { ...STOCK, timestamps: 'missing' },
  /** Sketches before February 2020, yoursunny, easytarget: headers first, the boundary behind the picture. */
  'no-first-boundary': { ...STOCK, boundaries: 'after', timestamps: 'missing' },
  'no-boundary': { ...STOCK, boundaries: 'none' },
  tasmota: {
    ...STOCK,
    boundary: 'e8b8c539-047d-4777-a985-fbba6edff11e',
    transfer: 'close',
    timestamps: 'missing',
  },
  'tasmota-old': {
    ...STOCK,
    boundary: 'e8b8c539-047d-4777-a985-fbba6edff11e',
    transfer: 'close',
    boundaries: 'after',
    timestamps: 'missing',
  },
  esphome: { ...STOCK, transfer: '1.0', timestamps: 'missing' },
  'padded-length': { ...STOCK, contentLength: 'padded' },
  'no-length': { ...STOCK, contentLength: 'missing' },
  'length-too-large': { ...STOCK, contentLength: 'too-large' },
  'length-too-small': { ...STOCK, contentLength: 'too-small' },
  'bare-line-feeds': { ...STOCK, transfer: 'close', lineEnd: '\n' },
  'dashes-in-name': { ...STOCK, boundary: '--data-boundary--', dashes: '', transfer: 'close' },
  'quoted-boundary': { ...STOCK, boundaryParameter: ' "--123456789000000000000987654321"' },
  'bare-pictures': { ...STOCK, headers: 'none', boundaries: 'none', transfer: 'close' },
  'zero-timestamps': { ...STOCK, timestamps: 'zero' },
} as const satisfies Record<string, StreamFormat>;

/** The name of a known format. */
export type FormatName = keyof typeof FORMATS;

/** The head of the answer, and what stands before the first part. */
export function answerHead(format: StreamFormat): string {
  const { boundary, boundaryParameter = boundary, transfer, lineEnd, boundaries } = format;
  const lines = [
    transfer === '1.0' ? 'HTTP/1.0 200 OK' : 'HTTP/1.1 200 OK',
    `Content-Type: multipart/x-mixed-replace;boundary=${boundaryParameter}`,
    ...(transfer === 'chunked' ? ['Transfer-Encoding: chunked'] : []),
    'Access-Control-Allow-Origin: *',
    'X-Framerate: 60',
  ];
  const first = transfer === '1.0' && boundaries === 'before' ? delimiter(format).slice(lineEnd.length) : '';
  return `${lines.join(lineEnd)}${lineEnd}${lineEnd}${first}`;
}

/** One picture with all that stands round it. */
export function partBytes(
  format: StreamFormat,
  jpeg: Uint8Array,
  options: { readonly sinceBootMs: number; readonly contentType?: string },
): Uint8Array {
  const { boundaries, headers, transfer } = format;
  // ESPHome's first boundary stands behind the head of the answer; each other follows its picture.
  const after = boundaries === 'after' || (boundaries === 'before' && transfer === '1.0');
  return Buffer.concat([
    Buffer.from(boundaries === 'before' && !after ? delimiter(format) : ''),
    Buffer.from(headers === 'full' ? partHead(format, jpeg, options) : ''),
    jpeg,
    Buffer.from(after ? delimiter(format) : ''),
  ]);
}

/** Bytes as one chunk of a chunked answer. */
export const chunkOf = (bytes: Uint8Array): Uint8Array =>
  Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

const delimiter = ({ lineEnd, dashes, boundary }: StreamFormat): string =>
  `${lineEnd}${dashes}${boundary}${lineEnd}`;

function partHead(
  { contentLength, timestamps, lineEnd }: StreamFormat,
  jpeg: Uint8Array,
  {
    sinceBootMs,
    contentType = 'image/jpeg',
  }: { readonly sinceBootMs: number; readonly contentType?: string },
): string {
  const length = {
    right: `${jpeg.byteLength}`,
    padded: `${jpeg.byteLength}`.padStart(10),
    missing: undefined,
    'too-large': `${jpeg.byteLength + 20}`,
    'too-small': `${jpeg.byteLength - 20}`,
  }[contentLength];
  const micros = String(Math.floor((sinceBootMs % 1000) * 1000)).padStart(6, '0');
  const stamp = {
    'since-boot': `${Math.floor(sinceBootMs / 1000)}.${micros}`,
    zero: '0.000000',
    missing: undefined,
  }[timestamps];
  return [
    `Content-Type: ${contentType}`,
    ...(length === undefined ? [] : [`Content-Length: ${length}`]),
    ...(stamp === undefined ? [] : [`X-Timestamp: ${stamp}`]),
    lineEnd,
  ].join(lineEnd);
}
