import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { hex } from '../../../../test/support/hex.ts';
import { RtspHeaders } from './headers.ts';
import type { InterleavedFrame, RtspResponse } from './message.ts';
import { type RtspItem, RtspReader } from './rtsp-reader.ts';
import { serializeRtspRequest, serializeRtspResponse } from './serialize-message.ts';

const text = (value: string): Uint8Array => new Uint8Array(Buffer.from(value, 'utf8'));
const read = (...chunks: readonly Uint8Array[]): RtspItem[] => {
  const reader = new RtspReader();
  return chunks.flatMap((chunk) => reader.push(chunk));
};
const frame = (channel: number, ...payload: readonly number[]): Uint8Array =>
  Uint8Array.from([0x24, channel, payload.length >> 8, payload.length & 0xff, ...payload]);
const plain = (items: readonly RtspItem[]): unknown[] =>
  items.map((item) =>
    item.kind === 'interleaved'
      ? [item.channel, ...item.payload]
      : { ...item, headers: [...item.headers], body: Buffer.from(item.body).toString('latin1') },
  );
const responses = (items: readonly RtspItem[]): RtspResponse[] =>
  items.filter((item): item is RtspResponse => item.kind === 'response');

describe('RtspReader', () => {
  it('reads the answer to SETUP as RFC 2326 §10.4 writes it', () => {
    const items = read(
      text(
        [
          'RTSP/1.0 200 OK',
          'CSeq: 302',
          'Date: 23 Jan 1997 15:35:06 GMT',
          'Session: 47112344',
          'Transport: RTP/AVP;unicast;',
          '  client_port=4588-4589;server_port=6256-6257', // folded, as §4.1 allows
          '',
          '',
        ].join('\r\n'),
      ),
    );

    const [answer] = responses(items);
    expect(answer).toMatchObject({ status: 200, reason: 'OK' });
    expect(answer?.headers.get('session')).toBe('47112344');
    expect(answer?.headers.get('TRANSPORT')).toBe(
      'RTP/AVP;unicast; client_port=4588-4589;server_port=6256-6257',
    );
  });

  it('reads the frames of RFC 2326 §10.12 round an answer, in their order', () => {
    const items = read(
      hex(`
        24          # $
        00          # channel 0
        0002 80e0   # 2 bytes
      `),
      text('RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 4\r\n\r\nv=0\n'),
      hex('24 01 0001 c9  24 00 0000'),
    );

    expect(plain(items)).toEqual([
      [0, 0x80, 0xe0],
      expect.objectContaining({ status: 200, body: 'v=0\n' }),
      [1, 0xc9],
      [0],
    ]);
  });

  it.each([
    ['lower-case names and no CSeq', 'RTSP/1.0 200 OK\r\nsession: 1\r\n\r\n', 200, '1'],
    ['line ends of LF alone', 'RTSP/1.0 454 Session Not Found\nSession: 2\n\n', 454, '2'],
    ['no reason', 'RTSP/1.0 551\r\nSession:3\r\n\r\n', 551, '3'],
    ['RTSP 2.0', 'RTSP/2.0 200 OK\r\nSession : 4\r\n\r\n', 200, '4'],
    ['a lower-case protocol', 'rtsp/1.0 401 Unauthorized\r\nSESSION: 5\r\n\r\n', 401, '5'],
    ['a line without colon', 'RTSP/1.0 200 OK\r\nnonsense\r\nSession: 6\r\n\r\n', 200, '6'],
    ['empty lines in front', '\r\n\r\nRTSP/1.0 200 OK\r\nSession: 7\r\n\r\n', 200, '7'],
    ['blanks at the ends', 'RTSP/1.0 200  OK \r\nSession:   8  \r\nContent-Length: \r\n\r\n', 200, '8'],
  ])('takes %s', (_, answer, status, session) => {
    const [response] = responses(read(text(answer)));

    expect(response?.status).toBe(status);
    expect(response?.headers.get('Session')).toBe(session);
  });

  it('reads what a camera asks of us', () => {
    const [request] = read(text('OPTIONS rtsp://192.0.2.1/ RTSP/1.0\r\nCSeq: 1\r\n\r\n'));

    expect(request).toMatchObject({ kind: 'request', method: 'OPTIONS', url: 'rtsp://192.0.2.1/' });
  });

  it('passes over bytes that belong to nothing, up to the next frame or answer', () => {
    const reader = new RtspReader();

    const items = [
      ...reader.push(hex('00 99 24 7f 00 01')), // `$` with a channel no server uses: still lost
      ...reader.push(frame(0, 1, 2)),
      ...reader.push(text('xyzRTSP/1.0 200 OK\r\n\r\n')),
    ];

    expect(plain(items)).toEqual([[0, 1, 2], expect.objectContaining({ status: 200 })]);
    expect(reader.strayBytes).toBe(9);
  });

  it.each([
    ['rtsp/start-line', 'RTSP/1.0 OK\r\n\r\n'],
    ['rtsp/start-line', 'OPTIONS \r\n\r\n'],
    ['rtsp/start-line', 'RTSP/1.0 999 Odd\r\n\r\n'],
    ['rtsp/content-length', 'RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['rtsp/content-length', 'RTSP/1.0 200 OK\r\nContent-Length: 1e3\r\n\r\n'],
    ['rtsp/body-too-large', 'RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n'],
    ['rtsp/too-many-headers', `RTSP/1.0 200 OK\r\n${'a: b\r\n'.repeat(101)}\r\n`],
    ['rtsp/head-too-large', `RTSP/1.0 200 OK\r\nA: ${'b'.repeat(17_000)}`],
    ['rtsp/head-too-large', `RTSP/1.0 200 OK\r\nA: ${'b'.repeat(17_000)}\r\n\r\n`],
    ['rtsp/unframed', 'HTTP/1.1 400 Bad Request\r\n'.repeat(6000)],
  ])('refuses with %s', (code, bytes) => {
    expect(codeOf(() => read(text(bytes)))).toBe(code);
  });

  it('holds no more than the item that is coming', () => {
    const reader = new RtspReader();
    const big = frame(0, ...Array.from({ length: 65_535 }, () => 7));

    const items: RtspItem[] = [];
    for (const byte of big) items.push(...reader.push(Uint8Array.of(byte)));

    expect(items).toHaveLength(1);
    expect((items[0] as InterleavedFrame).payload.byteLength).toBe(65_535);
  });

  const item = fc.oneof(
    fc
      .tuple(fc.integer({ min: 0, max: 255 }), fc.uint8Array({ maxLength: 300 }))
      .map(([channel, payload]) => frame(channel, ...payload)),
    fc
      .tuple(fc.integer({ min: 100, max: 599 }), fc.stringMatching(/^[a-z0-9 ;=/"-]{0,30}$/))
      .map(([status, value]) =>
        serializeRtspResponse({ status, reason: 'Any', headers: [['X-Any', value]] }),
      ),
    fc
      .uint8Array({ maxLength: 100 })
      .map((body) =>
        serializeRtspRequest({ method: 'ANNOUNCE', url: 'rtsp://c/1', headers: [['CSeq', '1']], body }),
      ),
  );

  test('reads the same wherever the bytes are cut', () => {
    fc.assert(
      fc.property(
        fc.array(item, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }),
        (items, sizes) => {
          const bytes = new Uint8Array(Buffer.concat(items));
          const chunks: Uint8Array[] = [];
          for (let at = 0, i = 0; at < bytes.length; i++) {
            const end = at + (sizes[i % sizes.length] ?? 1);
            chunks.push(bytes.slice(at, end));
            at = end;
          }

          const whole = plain(read(bytes));

          expect(whole).toHaveLength(items.length);
          expect(plain(read(...chunks))).toEqual(whole);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('any bytes at all are read or refused with a code, and stay as they were', () => {
    const noise = fc.oneof(
      item,
      fc.uint8Array({ maxLength: 80 }),
      fc
        .constantFrom('RTSP/1.0 ', '$', '\r\n', '\r\n\r\n', 'Content-Length: 7', 'PLAY ', ' RTSP/1.0')
        .map(text),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 12 }), (parts) => {
        const before = Buffer.concat(parts).toString('hex');

        const code = codeOf(() => read(...parts));

        expect(code).toMatch(/^(parsed|rtsp\/.+)$/);
        expect(Buffer.concat(parts).toString('hex')).toBe(before);
      }),
      { numRuns: 5000 },
    );
  });
});

describe('a request', () => {
  it('is written as RFC 2326 §10.2 writes it', () => {
    const bytes = serializeRtspRequest({
      method: 'DESCRIBE',
      url: 'rtsp://server.example.com/fizzle/foo',
      headers: [
        ['CSeq', '312'],
        ['Accept', 'application/sdp'],
      ],
    });

    expect(Buffer.from(bytes).toString()).toBe(
      'DESCRIBE rtsp://server.example.com/fizzle/foo RTSP/1.0\r\nCSeq: 312\r\nAccept: application/sdp\r\n\r\n',
    );
  });

  it('is written in UTF-8', () => {
    const bytes = serializeRtspRequest({ method: 'OPTIONS', url: '*', headers: [['X', 'ü€😀']] });

    expect(Buffer.from(bytes).toString('utf8')).toContain('X: ü€😀\r\n');
  });

  it('takes no line break, and does not tell the value', () => {
    const write = () =>
      serializeRtspRequest({
        method: 'OPTIONS',
        url: '*',
        headers: new RtspHeaders([['Authorization', 'secret\r\nX: y']]),
      });

    expect(write).toThrow(new RangeError('a line break in the field Authorization'));
  });
});
