import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect } from 'vitest';
import { WebSocket } from 'ws';
import { blocksOf } from '../docs/markdown.ts';
import { freeTcpPort } from '../support/free-tcp-ports.ts';
import { startNginx } from '../support/nginx.ts';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';

const NAME = 'cam.example.org';
const { describe, it } = needs('nginx');

describe('a proxy that ends what is silent', () => {
  let folder: string;
  let pinhole: Pinhole;
  let port: number;
  let proxy: ChildProcess;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-rooms-proxy-'));
    const config = { rooms: { mode: 'compatible' }, hosts: [NAME], trustedProxies: ['127.0.0.1'] };
    pinhole = await startPinhole({ config });
    port = await freeTcpPort();
    const [block] = blocksOf('nginx').filter(({ page }) => page === 'docs/security.md');
    const site = (block?.text ?? '')
      .replace('listen 443 ssl', `listen 127.0.0.1:${port}`)
      .replaceAll(/^\s*ssl_.*\n/gm, '')
      .replace('127.0.0.1:8080', `127.0.0.1:${pinhole.port}`)
      // nginx waits for a minute unless it is told.
      .replace('proxy_http_version', 'proxy_read_timeout 24s;\n proxy_http_version');
    proxy = await startNginx(site, folder);
  });
  afterAll(async () => {
    proxy?.kill('SIGTERM');
    await pinhole?.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it('leaves the sockets of rooms alone: the server is never silent for so long', {
    timeout: 60_000,
  }, async () => {
    await expect.poll(() => statusOf('/health', port), { timeout: 20_000 }).toBe(200);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`, { headers: { host: NAME } });
    await once(socket, 'message');
    // The time is what is tested: longer than the proxy's patience.
    await Promise.race([sleep(27_000), once(socket, 'close')]);

    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });
});

/** Asked under the server's name, which `fetch` would not send. @returns undefined where nobody answers */
function statusOf(path: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path, headers: { host: NAME } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    request.on('error', () => resolve(undefined));
  });
}
