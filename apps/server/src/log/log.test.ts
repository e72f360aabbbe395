import { describe, expect, it } from 'vitest';
import { createLog } from './log.ts';

const TOKEN = 'pin_abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';

function written(use: (log: ReturnType<typeof createLog>) => void, format: 'json' | 'text' = 'json'): string {
  let lines = '';
  use(createLog({ level: 'debug', format, write: (line) => (lines += line) }));
  return lines;
}

describe('createLog', () => {
  it.each([
    ['an address', { url: `/whep/door?token=${TOKEN}&x=1` }],
    ['a link', { url: `http://localhost/#token=${TOKEN}` }],
    ['a header', { headers: { authorization: `Bearer ${TOKEN}` } }],
    ['a subprotocol', { protocol: `pinhole.live.v1, bearer.${TOKEN}` }],
    ['an error', { error: new Error(`no ${TOKEN}`, { cause: new Error(`?token=${TOKEN}`) }) }],
    ['a list', { list: [[`x ${TOKEN}`]] }],
    ['a field of its own', { token: 'something-that-is-long-enough', password: 'x' }],
  ])('hides a token in %s', (_, fields) => {
    const lines = written((log) => log.child({ bound: fields }).info(fields, `got ${TOKEN}`));

    expect(lines).not.toContain(TOKEN);
    expect(lines).not.toContain('long-enough');
    expect(lines).not.toContain('"x"');
    expect(lines).toContain('…');
  });

  it('hides the password of a camera and shows its host', () => {
    const lines = written((log) =>
      log.warn({ url: 'rtsp://me:hunter2@cam/1' }, 'no rtsp://me:hunter2@cam/1'),
    );

    expect(lines).not.toContain('hunter2');
    expect(lines).toContain('rtsp://…@cam/1');
  });

  it.each(['hun/ter2', 'hun@ter2', "hun'ter2", 'hun/t@er2'])(
    'hides the password %s of a camera',
    (password) => {
      const lines = written((log) => log.warn({}, `no rtsp://me:${password}@cam/1 there`));

      expect(lines).toContain('no rtsp://…@cam/1 there');
    },
  );

  it.each(['a.', 'rtsp://', 'bearer ', 'a://'])('comes to the end of a long text of %s', (part) => {
    expect(written((log) => log.warn({ text: part.repeat(50_000) }, 'seen'))).toContain('seen');
  });

  it('shows the id of a token', () => {
    expect(written((log) => log.info({ token: 'a1b2c3d4e5f6' }, 'x'))).toContain('a1b2c3d4e5f6');
  });

  it('lets nothing that came from elsewhere begin a line or steer the terminal', () => {
    const path = '/x\n00:00:00.000 ERROR forged\u001b[2J\u0085\u2028\u202e';

    const line = written((log) => log.warn({ path, nested: { path } }, path), 'text');

    expect(line.split('\n')).toHaveLength(2);
    expect(line.trimEnd()).not.toMatch(/\p{Cc}|\u2028|\u202e/u);
    expect(line).toContain('\\u001b[2J');
  });

  it('writes lines that people read', () => {
    const line = written((log) => log.warn({ camera: 'door', n: 3 }, 'lost'), 'text');

    expect(line).toMatch(/^\d\d:\d\d:\d\d\.\d{3} WARN {2}lost camera=door n=3\n$/);
  });
});
