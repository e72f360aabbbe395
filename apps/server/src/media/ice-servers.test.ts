import { expect, it } from 'vitest';
import { ConfigError } from '../config/config-error.ts';
import { checkConfig } from '../config/load-config.ts';
import { iceServersOf } from './ice-servers.ts';

const TURN = { urls: 'turn:turn.example.org:3478', secret: 'north-remembers' };
const NOW = () => 1_700_000_000_500;

it('gives each peer a user name that says until when it holds, and the credential of the TURN server for it', () => {
  const { iceServers } = checkConfig({ iceServers: [{ ...TURN, username: 'pinhole', ttlSeconds: 600 }] });

  expect(iceServersOf(iceServers, NOW)).toEqual([
    {
      urls: ['turn:turn.example.org:3478'],
      username: '1700000600:pinhole',
      // printf 1700000600:pinhole | openssl dgst -sha1 -hmac north-remembers -binary | base64
      credential: 'lifXewetsQZLLtj7JTW2w1pXNVM=',
    },
  ]);
});

it('names nobody, and holds for a day, unless told', () => {
  const { iceServers } = checkConfig({ iceServers: [TURN] });

  const [one, another] = [iceServersOf(iceServers, NOW)[0], iceServersOf(iceServers, NOW)[0]];

  expect(one?.username).toMatch(/^1700086400:[\w-]{12}$/);
  expect(another?.username).not.toBe(one?.username);
  expect(JSON.stringify([one, another])).not.toContain(TURN.secret);
});

it('leaves the others as they are', () => {
  const { iceServers } = checkConfig({
    iceServers: [{ urls: 'stun:stun.example.org' }, { urls: 'turn:t', username: 'u', credential: 'c' }],
  });

  expect(iceServersOf(iceServers)).toEqual([
    { urls: ['stun:stun.example.org'] },
    { urls: ['turn:t'], username: 'u', credential: 'c' },
  ]);
});

it.each([
  [{ ...TURN, credential: 'c' }, /iceServers\.0\.credential/],
  [{ ...TURN, secret: 'short' }, /iceServers\.0\.secret.*8 characters/],
  [{ ...TURN, ttlSeconds: 5 }, /iceServers\.0\.ttlSeconds.*60/],
])('refuses %j', (server, message) => {
  let thrown: unknown;
  try {
    checkConfig({ iceServers: [server] });
  } catch (error) {
    thrown = error;
  }

  expect(thrown).toBeInstanceOf(ConfigError);
  expect(String(thrown)).toMatch(message);
  expect(String(thrown)).not.toContain(server.secret);
});
