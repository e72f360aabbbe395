import { JpegWalk } from '@pinhole/media/jpeg';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { boundaryOfContentType } from './boundary.ts';
import { MultipartReader } from './multipart-reader.ts';
import type { MultipartItem, MultipartLimits } from './part.ts';

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0));
const join = (...parts: readonly (string | Uint8Array)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...(typeof part === 'string' ? bytes(part) : part)]));

/** A JPEG as far as a walk goes: Exif segment with a thumbnail, frame header, scan with stuffed bytes. */
const jpeg = (number: number): Uint8Array =>
  join(
    '\xff\xd8',
    '\xff\xe1\x00\x0c\xff\xd8\xff\xc0\x00\x02\xff\xd9\x00\x00', // a whole image inside
    '\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00',
    '\xff\xda\x00\x02',
    '\r\n--not the boundary\n\xff\x00',
    `picture ${number}`,
    '\xff\xd9',
  );
const SIZE = jpeg(1).byteLength;
const STOCK = '123456789000000000000987654321';

function read(
  stream: Uint8Array,
  options: { boundary?: string; limits?: Partial<MultipartLimits>; pieces?: readonly number[] } = {},
) {
  const { boundary = STOCK, limits = {}, pieces = [stream.byteLength] } = options;
  const reader = new MultipartReader({ boundary, limits, scan: () => new JpegWalk() });
  const items: MultipartItem[] = [];
  let at = 0;
  let heldBytes = 0;
  for (let i = 0; at < stream.byteLength; i++) {
    const piece = Math.max(1, pieces[i % pieces.length] ?? 1);
    items.push(...reader.push(stream.slice(at, at + piece)));
    heldBytes = Math.max(heldBytes, reader.heldBytes);
    at += piece;
  }
  items.push(...reader.end());
  return { items, counters: reader.counters, heldBytes };
}

const numbersOf = (items: readonly MultipartItem[]): (number | string)[] =>
  items.map((item) =>
    item.kind === 'words'
      ? item.text
      : Number(/picture (\d+)\xff\xd9$/.exec(String.fromCharCode(...item.body))?.[1] ?? Number.NaN),
  );

const part = (number: number, head = `Content-Type: image/jpeg\r\nContent-Length: ${SIZE}\r\n\r\n`): string =>
  head + String.fromCharCode(...jpeg(number));
const between = `\r\n--${STOCK}\r\n`;
const three = (head?: string, delimiter = between): string =>
  [1, 2, 3].map((number) => part(number, head)).join(delimiter) + delimiter;

describe('every stream that a camera is known to send', () => {
  it.for<readonly [string, string, { boundary?: string }?]>([
    ['the stock ESP32 sketch', between + three()],
    [
      'with the time since boot',
      between + three(`Content-Length: ${SIZE}\r\nX-Timestamp: 12.000345\r\n\r\n`),
    ],
    ['no first boundary: headers come first', three()],
    ['no boundary at all', [1, 2, 3].map((number) => part(number)).join('')],
    ['nothing but pictures', [1, 2, 3].map((number) => part(number, '')).join('')],
    ['lines that end with LF alone', (between + three()).replaceAll(/\r\n(?!--not)/g, '\n')],
    ['no Content-Length', between + three('Content-Type: image/jpeg\r\n\r\n')],
    [
      'a Content-Length padded with blanks',
      between + three(`Content-Type: image/jpeg\r\nContent-Length: ${String(SIZE).padEnd(10)}\r\n\r\n`),
    ],
    [
      'a Content-Length padded on the left',
      between + three(`Content-Length:${String(SIZE).padStart(10)}\r\n\r\n`),
    ],
    ['a Content-Length that is none', between + three('Content-Length: -1\r\n\r\n')],
    ['a Content-Length that is too large', between + three(`Content-Length: ${SIZE + 40}\r\n\r\n`)],
    ['one beyond all bounds', between + three('Content-Length: 4294967295\r\n\r\n')],
    ['a Content-Length that is too small', between + three(`Content-Length: ${SIZE - 9}\r\n\r\n`)],
    ['no blank line before the picture', between + three('Content-Type: image/jpeg\r\n')],
    ['one blank line too many', between + three('Content-Type: image/jpeg\r\n\r\n\r\n')],
    ['no line end before the boundary', three(undefined, `--${STOCK}\r\n`)],
    ['a boundary with a few dashes more', `-----${STOCK}${three(undefined, `\r\n-----${STOCK}\r\n`)}`],
    [
      'a boundary with dashes in its own name, which also end it',
      three(undefined, '\r\n--data-boundary--\r\n'),
      { boundary: boundaryOfContentType('multipart/x-mixed-replace;boundary=--data-boundary--') ?? '' },
    ],
    ['another boundary than the header says', three(undefined, '\r\n--myboundary\r\n')],
    ['boundaries that end the whole, though it goes on', three(undefined, `\r\n--${STOCK}--\r\n`)],
    ['padding behind the picture', between + [1, 2, 3].map((n) => `${part(n)}\0\0\0\0${between}`).join('')],
    [
      'padding that counts as picture',
      between +
        [1, 2, 3]
          .map((n) => `${part(n, `Content-Length: ${SIZE + 4}\r\n\r\n`)}\0\xff\xd8\xff${between}`)
          .join(''),
    ],
    ['a type of its own for bytes', between + three('Content-Type: application/octet-stream\r\n\r\n')],
    ['stray bytes before it all', `\0\x80\xffHTTP/1.0 200 OK\r\n\r\n${between}${three()}`],
    ['lines that are no headers', between + three('Content-Type: image/jpeg\r\nhello\r\n\r\n')],
  ])('%s', ([, stream, options]) => {
    const { items } = read(bytes(stream), options);

    expect(numbersOf(items)).toEqual([1, 2, 3]);
  });

  it('keeps the headers of a part, by name in lower case', () => {
    const { items } = read(
      bytes(
        between + part(1, `Content-type: image/jpeg\r\nX-TIMESTAMP:  7.5 \r\nContent-Length:${SIZE}\r\n\r\n`),
      ),
    );

    expect(items[0]?.headers).toEqual(
      new Map([
        ['content-type', 'image/jpeg'],
        ['x-timestamp', '7.5'],
        ['content-length', String(SIZE)],
      ]),
    );
  });
});

describe('a picture', () => {
  it('is there with its last byte, before the next boundary came', () => {
    const reader = new MultipartReader({ boundary: STOCK, scan: () => new JpegWalk() });

    expect(numbersOf(reader.push(bytes(between + part(1, 'Content-Type: image/jpeg\r\n\r\n'))))).toEqual([1]);
  });

  it('is a view of the chunk that it lies in whole', () => {
    const reader = new MultipartReader({ boundary: STOCK, scan: () => new JpegWalk() });
    const chunk = bytes(between + part(1));

    const [item] = reader.push(chunk);

    expect(item?.kind === 'picture' && item.body.buffer === chunk.buffer).toBe(true);
  });

  it.each([
    ['with a length', `Content-Length: ${SIZE - 2}\r\n\r\n`],
    ['without a length', 'Content-Type: image/jpeg\r\n\r\n'],
  ])('that was cut off is left out, and no other: %s', (_, head) => {
    const cut = part(2, head).slice(0, -2);

    const { items, counters } = read(bytes(between + part(1) + between + cut + between + three()));

    expect(numbersOf(items)).toEqual([1, 1, 2, 3]);
    expect(counters).toMatchObject({ pictures: 4, truncated: 1 });
  });

  it('whose damage hides its end is left out, and no other', () => {
    const damaged = part(2).replace('\xff\xc0\x00\x0b', '\xff\xc0\x80\x0b');

    const { items } = read(
      bytes(between + part(1) + between + damaged + between + Array<string>(900).fill(three()).join('')),
    );

    expect(numbersOf(items)).toEqual([1, ...Array<number[]>(900).fill([1, 2, 3]).flat()]);
  });

  it('beyond the limit is left out, and the next is found', () => {
    const long = `Content-Type: image/jpeg\r\n\r\n\xff\xd8\xff\xda\x00\x02${'x'.repeat(5_000)}`;

    const { items, counters, heldBytes } = read(bytes(between + long + between + three()), {
      limits: { partBytes: 1_000 },
      pieces: [700],
    });

    expect(numbersOf(items)).toEqual([1, 2, 3]);
    expect(counters.tooLarge).toBe(1);
    expect(heldBytes).toBeLessThan(1_700);
  });

  it('cut off by the end of the stream counts as truncated', () => {
    expect(read(bytes(between + part(1).slice(0, -1))).counters).toMatchObject({ pictures: 0, truncated: 1 });
  });
});

describe('what is no picture', () => {
  it.each([
    ['with a length', 'Content-Type: text/plain\r\nContent-Length: 14\r\n\r\ncamera is busy'],
    ['without a length', 'Content-Type: text/plain\r\n\r\ncamera is busy'],
    [
      'as markup, with odd characters',
      'Content-Type: text/html\r\n\r\n<p>camera \x01\n<b>is\x80</b> busy</p>',
    ],
  ])('text is handed over in words: %s', (_, words) => {
    const { items } = read(bytes(between + words + between + part(1)));

    expect(numbersOf(items)).toEqual(['camera is busy', 1]);
  });

  it('text is handed over when the stream ends with it', () => {
    expect(numbersOf(read(bytes(`${between}Content-Type: text/plain\r\n\r\nno frame`)).items)).toEqual([
      'no frame',
    ]);
  });

  it.each([
    ['another kind of picture', 'Content-Type: image/png\r\nContent-Length: 8\r\n\r\n\x89PNG\r\n\x1a\n'],
    ['sound', 'Content-Type: audio/x-wav\r\nContent-Length: 9\r\n\r\n\xff\xd8\xffRIFF12'],
    ['sound without a length', 'Content-Type: audio/x-wav\r\n\r\nRIFF'],
    ['nothing', 'Content-Type: image/jpeg\r\n\r\n'],
  ])('%s is passed over and counted', (_, foreign) => {
    const { items, counters } = read(bytes(between + foreign + between + three()));

    expect(numbersOf(items)).toEqual([1, 2, 3]);
    expect(counters.foreign).toBe(1);
  });

  it('counts wrong lengths and stray bytes', () => {
    const stream = `${between}junk\r\n${three(`Content-Length: ${SIZE + 1}\r\n\r\n`)}`;

    expect(read(bytes(stream)).counters).toMatchObject({
      wrongLengths: 3,
      strayBytes: 'junk\r\n'.length,
    });
  });
});

describe('any bytes at all', () => {
  const TOKENS = [
    between, `--${STOCK}`, '--', '\r\n', '\n', '\r', 'Content-Length: 7\r\n', `Content-Length: ${SIZE}\r\n\r\n`,
    'Content-Type: text/plain\r\n', 'Content-Type: image/jpeg\r\n\r\n', '\xff\xd8\xff', '\xff\xd9', '\xff\xda\x00\x02',
    part(1), part(2), part(3).slice(0, -3), 'x'.repeat(300), ':', '\0', '123456',
  ]; // biome-ignore format: a list
  const anyStream = fc
    .array(
      fc.oneof(
        { weight: 4, arbitrary: fc.constantFrom(...TOKENS) },
        fc.uint8Array({ maxLength: 12 }).map((each) => String.fromCharCode(...each)),
      ),
      { maxLength: 24 },
    )
    .map((parts) => bytes(parts.join('')));
  const limits = { partBytes: 400, lineBytes: 200, textBytes: 100 };

  test('give the same in any pieces, hold no more than the limits, and never throw', () => {
    let pictures = 0;
    fc.assert(
      fc.property(
        anyStream,
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 }),
        (stream, pieces) => {
          const whole = read(stream, { limits });
          const cut = read(stream, { limits, pieces });

          expect(cut.items).toEqual(whole.items);
          expect(cut.counters).toEqual(whole.counters);
          expect(cut.heldBytes).toBeLessThanOrEqual(400 + 90);
          pictures += whole.items.length;
        },
      ),
      { numRuns: 4_000, seed: 11 },
    );
    expect(pictures).toBeGreaterThan(1_000);
  });

  test('are taken byte by byte, too', () => {
    const stream = bytes(between + three() + three(''));

    expect(read(stream, { pieces: [1] })).toMatchObject({ items: read(stream).items });
  });

  test('before a clean part never cost more than the limits take', () => {
    fc.assert(
      fc.property(anyStream, (stream) => {
        const clean = between + part(7) + between + part(8) + between + part(9) + between;
        const { items } = read(join(stream, 'x'.repeat(1_000), ...Array<string>(8).fill(clean)), { limits });

        expect(numbersOf(items).slice(-3)).toEqual([7, 8, 9]);
      }),
      { numRuns: 1_000, seed: 12 },
    );
  });
});

it.each([
  ['multipart/x-mixed-replace;boundary=123456789000000000000987654321', STOCK],
  ['multipart/x-mixed-replace; boundary="--my boundary"', 'my boundary'],
  ['multipart/x-mixed-replace; boundary = frame ; charset=utf-8', 'frame'],
  ['multipart/x-mixed-replace; BOUNDARY=--data-boundary--', 'data-boundary'],
  ['multipart/x-mixed-replace', undefined],
  ['multipart/x-mixed-replace; boundary=--', undefined],
])('of %j the boundary is %j', (contentType, boundary) => {
  expect(boundaryOfContentType(contentType)).toBe(boundary);
});
