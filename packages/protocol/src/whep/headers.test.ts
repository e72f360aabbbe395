import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codeOf } from '../../../../test/support/code-of.ts';
import { parseIfMatch, serializeEntityTag } from './entity-tag.ts';
import { parseIceServerLinks, serializeIceServerLinks } from './ice-server-link.ts';
import { parseProblem, serializeProblem } from './problem.ts';

describe('ICE servers in Link headers', () => {
  it('are written one header a URL, credentials quoted', () => {
    const servers = [
      { urls: ['stun:stun.example.net'] },
      {
        urls: ['turn:t.example.net?transport=udp', 'turns:t.example.net'],
        username: 'u',
        credential: 'a"b\\c',
      },
    ];

    expect(serializeIceServerLinks(servers)).toEqual([
      '<stun:stun.example.net>; rel="ice-server"',
      String.raw`<turn:t.example.net?transport=udp>; rel="ice-server"; username="u"; credential="a\"b\\c"; credential-type="password"`,
      String.raw`<turns:t.example.net>; rel="ice-server"; username="u"; credential="a\"b\\c"; credential-type="password"`,
    ]);
  });

  it('are read from joined headers, other relations passed over', () => {
    const header =
      '<stun:s.example.net>; rel=ice-server, <https://example.net/a,b>; rel="next", , ' +
      '<turn:t.example.net>;REL="foo ice-server";username="a,b;c" ; credential="\\"q\\""';

    expect(parseIceServerLinks(header)).toEqual([
      { urls: ['stun:s.example.net'] },
      { urls: ['turn:t.example.net'], username: 'a,b;c', credential: '"q"' },
    ]);
  });

  it.each(['stun:s', '<stun:s', '<stun:s>; rel="ice-server', '<stun:s> rel=x', '<a>;;'])(
    '%s is refused',
    (header) => {
      expect(() => parseIceServerLinks(header)).toThrowError(expect.objectContaining({ code: 'whep/link' }));
    },
  );

  it('come back as they went, whatever printable text the credentials are', () => {
    const printable = fc.string({
      unit: fc.integer({ min: 0x20, max: 0x7e }).map((c) => String.fromCharCode(c)),
    });
    fc.assert(
      fc.property(fc.array(fc.record({ username: printable, credential: printable })), (credentials) => {
        const servers = credentials.map((both) => ({ urls: ['turn:t.example.net:3478'], ...both }));

        expect(parseIceServerLinks(serializeIceServerLinks(servers).join(', '))).toEqual(servers);
      }),
    );
  });

  it('never carry a line end', () => {
    expect(() => serializeIceServerLinks([{ urls: ['stun:s'], username: 'a\r\nSet-Cookie: b' }])).toThrow(
      RangeError,
    );
  });
});

describe('If-Match', () => {
  it.each(['*', ' * ', '"*"'])('%s matches anything', (header) => {
    expect(parseIfMatch(header)).toEqual({ kind: 'any' });
  });

  it('lists strong tags and leaves weak ones out', () => {
    expect(parseIfMatch('"a", W/"b" ,"c"')).toEqual({ kind: 'tags', tags: ['a', 'c'] });
  });

  it('reads what serializeEntityTag wrote', () => {
    expect(parseIfMatch(serializeEntityTag('x-1'))).toEqual({ kind: 'tags', tags: ['x-1'] });
  });

  it.each(['', 'abc', '"a', '"a" "b"', '"a",', 'w/"a"'])('%j is refused', (header) => {
    expect(() => parseIfMatch(header)).toThrowError(expect.objectContaining({ code: 'whep/if-match' }));
  });
});

describe('a problem', () => {
  it('comes back as it went', () => {
    const problem = {
      status: 422,
      code: 'webrtc/no-h264',
      title: 'The offer cannot be answered',
      detail: 'the browser offers no H.264',
      alternative: '/live/door',
    };

    expect(parseProblem(serializeProblem(problem), 422)).toEqual(problem);
  });

  it('of a foreign server is filled in from the status', () => {
    expect(parseProblem('{"title":"No stream"}', 404)).toEqual({
      status: 404,
      code: 'http/404',
      title: 'No stream',
      detail: 'No stream',
    });
  });

  it.each(['<html>', 'null', '[]', '{"detail":1}'])('%s is refused', (body) => {
    expect(() => parseProblem(body, 500)).toThrowError(expect.objectContaining({ code: 'whep/problem' }));
  });
});

it('any header or body at all either parses or throws MalformedError', () => {
  const header = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('<', '>', '"', '\\', ';', ',', '=', 'rel', 'ice-server', ' ', 'W/', 'x'))
      .map((p) => p.join('')),
  );
  fc.assert(
    fc.property(header, (text) => {
      for (const parse of [parseIceServerLinks, parseIfMatch, (body: string) => parseProblem(body, 400)]) {
        expect(codeOf(() => parse(text))).toBeTruthy();
      }
    }),
    { numRuns: 5_000 },
  );
});
