import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './parse-command-line.ts';

const parse = (line: string, env = {}) => parseCommandLine(line === '' ? [] : line.split(' '), env);

describe('parseCommandLine', () => {
  it('serves when told nothing', () => {
    expect(parse('')).toEqual({ kind: 'serve', overrides: { values: {}, names: {} } });
  });

  it('reads cameras, keeping the equals signs of their sources', () => {
    expect(parse('serve --camera a=rtsp://cam/x?y=z --camera b=synthetic --port 0')).toEqual({
      kind: 'serve',
      overrides: {
        values: { cameras: { a: 'rtsp://cam/x?y=z', b: 'synthetic' }, port: 0 },
        names: { port: '--port', 'cameras.a': '--camera a', 'cameras.b': '--camera b' },
      },
    });
  });

  it('takes the port from the environment unless a flag tells it', () => {
    expect(parse('', { PORT: '81' })).toMatchObject({
      overrides: { values: { port: 81 }, names: { port: 'PORT' } },
    });
    expect(parse('--port 82', { PORT: '81' })).toMatchObject({ overrides: { values: { port: 82 } } });
  });

  it('reads the names under which the server is reached', () => {
    expect(parse('--host cam.example.org --host cam.lan')).toMatchObject({
      overrides: { values: { hosts: ['cam.example.org', 'cam.lan'] }, names: { hosts: '--host' } },
    });
  });

  it('reads a token to be made', () => {
    expect(parse('token create --cameras a,b --rights view,control --expires 1h --name phone')).toMatchObject(
      {
        kind: 'token-create',
        request: { name: 'phone', cameras: ['a', 'b'], rights: ['view', 'control'], lifetimeMs: 3_600_000 },
      },
    );
    expect(parse('token revoke abc --data x')).toMatchObject({
      kind: 'token-revoke',
      id: 'abc',
      overrides: { values: { data: 'x' } },
    });
  });

  it.each(['--help', '-h', 'serve --help', 'token --help', 'token create --help'])(
    '%s asks for help',
    (line) => {
      expect(parse(line)).toEqual({ kind: 'help' });
    },
  );

  it.each([
    ['--camra a=b', 'there is no flag --camra. Did you mean "--camera"?'],
    ['-x', 'there is no flag -x.'],
    ['--toString', 'there is no flag --toString.'],
    ['--constructor x', 'there is no flag --constructor.'],
    ['sreve', 'there is no command "sreve". Did you mean "serve"?'],
    ['--camera door', 'write ID=SOURCE'],
    ['--camera a=synthetic --camera a=synthetic', 'given twice'],
    ['--port 8o80', '--port "8o80"'],
    ['--port', '--port'],
    ['--help=yes', 'takes no value'],
    ['token', 'token needs one of create, link, list, revoke.'],
    ['token remove', 'not "remove"'],
    ['token revoke', 'needs the id'],
    ['token create --rights viwe', 'Did you mean "view"?'],
    ['token create --expires soon', 'is no duration'],
    ['devices --jsno', 'Did you mean "--json"?'],
    ['install-service --user --run-as pi', 'exclude each other'],
    ['install-service --run-as -x', '--run-as'],
    ['uninstall-service now', '"now" is not understood'],
    ['token list extra', '"extra" is not understood'],
  ])('%s is refused: %s', (line, words) => {
    expect(() => parse(line)).toThrow(
      expect.objectContaining({ code: 'cli/usage', message: expect.stringContaining(words) }),
    );
  });
});
