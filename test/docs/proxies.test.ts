import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request as httpsRequest } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { WebSocket } from 'ws';
import { selfSignedKeyPair } from '../../apps/server/src/tls/certificate.ts';
import { freeTcpPort } from '../support/free-tcp-ports.ts';
import { startNginx } from '../support/nginx.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs, thirdParty } from '../support/third-parties.ts';
import { blocksOf } from './markdown.ts';

const NAME = 'cam.example.org';
/** Another than the proxy's, where the machine has a whole network of loopback addresses. */
const CLIENT_ADDRESS = process.platform === 'linux' ? '127.0.0.2' : '127.0.0.1';

let folder: string;
let pinhole: Pinhole;
let port: number;
let proxy: ChildProcess | undefined;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pinhole-proxy-'));
  await selfSignedKeyPair(folder, { names: [NAME], now: new Date() });
  const config = join(folder, 'pinhole.yaml');
  // The block that docs/security.md has beside those of the proxies.
  const block = blocksOf('yaml').find(({ text }) => text.includes('trustedProxies'));
  // A port that is named is had, or the program does not start; here other tests may have that one.
  const text = block?.text.replace('port: 8189', 'port: 0');
  await writeFile(config, `${text}cameras: { test: synthetic:320x180@15 }\n`);
  pinhole = await startPinhole({ args: ['--config', config] });
  port = await freeTcpPort();
});
afterEach(async () => {
  if (proxy === undefined || proxy.exitCode !== null) return;
  proxy.kill('SIGTERM');
  await once(proxy, 'exit');
});
afterAll(async () => {
  await pinhole?.dispose();
  await rm(folder, { recursive: true, force: true });
});

needs('nginx').describe('nginx', () => {
  needs('nginx').it.each(blocksOf('nginx').map((block) => [block.at, block.text] as const))(
    '%s passes pages, tokens, WebSockets and the address of the client',
    async (_, text) => {
      const server = text
        .replace('listen 443', `listen 127.0.0.1:${port}`)
        .replace('http://127.0.0.1:8080', pinhole.url.replace('localhost', '127.0.0.1'))
        .replace('/etc/ssl/cam.example.org.pem', join(folder, 'tls-cert.pem'))
        .replace('/etc/ssl/cam.example.org.key', join(folder, 'tls-key.pem'));
      proxy = await startNginx(server, folder);

      await expectAllToPass();
    },
  );
});

needs('caddy').describe('Caddy', () => {
  needs('caddy').it.each(blocksOf('caddyfile').map((block) => [block.at, block.text] as const))(
    '%s passes pages, tokens, WebSockets and the address of the client',
    async (_, text) => {
      const file = join(folder, 'Caddyfile');
      const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
      await writeFile(file, text);
      execFileSync(thirdParty('caddy') ?? '', ['validate', '--adapter', 'caddyfile', '--config', file], {
        env,
        stdio: 'pipe',
      });

      // Here the certificate is ours, since no authority would give one for this name.
      const site = text
        .replace(NAME, `https://${NAME}:${port}`)
        .replace('127.0.0.1:8080', `127.0.0.1:${pinhole.port}`)
        .replace(
          '{\n',
          `{\n\ttls ${join(folder, 'tls-cert.pem')} ${join(folder, 'tls-key.pem')}\n\tbind 127.0.0.1\n`,
        );
      await writeFile(file, `{\n\tadmin off\n\tauto_https disable_redirects\n}\n${site}`);
      proxy = spawn(thirdParty('caddy') ?? '', ['run', '--adapter', 'caddyfile', '--config', file], {
        env,
        stdio: 'ignore',
      });

      await expectAllToPass();
    },
  );
});

async function expectAllToPass(): Promise<void> {
  await expect
    .poll(() => ask('/health').catch(() => undefined), { timeout: 10_000 })
    .toMatchObject({ status: 200 });
  expect((await ask('/')).status).toBe(200);
  expect((await ask('/api/v1/cameras')).status).toBe(401);
  expect((await ask('/api/v1/cameras', pinhole.token)).status).toBe(200);

  const socket = new WebSocket(
    `wss://127.0.0.1:${port}/live/test`,
    ['pinhole.live.v1', `bearer.${pinhole.token}`],
    {
      ...TLS,
      headers: { host: NAME, origin: `https://${NAME}` },
    },
  );
  const kinds = new Set<string>();
  socket.on('message', (_payload, isBinary) => kinds.add(isBinary ? 'picture' : 'words'));
  await expect.poll(() => [...kinds].toSorted(), { timeout: 10_000 }).toEqual(['picture', 'words']);
  const { sessions } = JSON.parse((await ask('/api/v1/sessions', pinhole.token)).text) as {
    sessions: { transport: string; address: string }[];
  };
  socket.close();
  await once(socket, 'close');

  expect(sessions).toMatchObject([{ transport: 'websocket', address: CLIENT_ADDRESS }]);
}

const TLS = { rejectUnauthorized: false, servername: NAME, localAddress: CLIENT_ADDRESS };

function ask(
  path: string,
  token?: string,
): Promise<{ readonly status: number | undefined; readonly text: string }> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    const request = httpsRequest(
      { ...TLS, host: '127.0.0.1', port, path, agent: false, headers: { host: NAME, ...authorization } },
      (response) => {
        let text = '';
        response.on('data', (part) => (text += String(part)));
        response.on('end', () => resolve({ status: response.statusCode, text }));
      },
    );
    request.on('error', reject);
    request.end();
  });
}
