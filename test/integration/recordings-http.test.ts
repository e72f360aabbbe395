import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { mkdir, symlink, truncate } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { micros } from '@pinhole/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { h264Fixture } from '../support/h264-fixture.ts';
import { recordedUnits, segmentBytes } from '../support/recorded-segment.ts';
import {
  openDownload,
  openRecordingsServer,
  putFile,
  type RecordingsServer,
  readAll,
} from '../support/recordings-server.ts';

const PATH = '20260131/12/20260131_120000.mp4';
const FILE = `/cameras/door/recordings/${PATH}`;
const BIG = '/cameras/door/recordings/20260131/13/20260131_130000.mp4';
const BIG_BYTES = 256 * 2 ** 20;
const START = micros(Date.parse('2026-01-31T12:00:00Z') * 1000);

const segment = segmentBytes(
  recordedUnits(h264Fixture('baseline'), { start: START, interval: micros(40_000) }),
);
const picture = randomBytes(5000);
const isRoot = process.platform === 'linux' && process.getuid?.() === 0;

let server: RecordingsServer;
beforeAll(async () => {
  // How long a request may take to arrive says nothing of how long its answer may.
  const limits = { downloads: 6, downloadStallMs: 2000, requestTimeoutMs: 1000, failedAuthPerMinute: 1000 };
  const recordings = { timeZone: 'UTC' };
  server = await openRecordingsServer({ limits, recordings }, async (root) => {
    const door = join(root, 'door');
    await putFile(door, PATH, segment);
    await putFile(door, PATH.replace('mp4', 'jpg'), picture);
    await putFile(door, '20260131/13/20260131_130000.mp4', new Uint8Array());
    await truncate(join(door, '20260131/13/20260131_130000.mp4'), BIG_BYTES);
    await putFile(join(root, 'hall'), '20260131/12/20260131_121000.mp4', segment);
    // What leads elsewhere.
    await putFile(root, 'secret.mp4', Buffer.from('hidden'));
    await mkdir(join(door, '20260131/14'));
    await symlink(join(root, 'secret.mp4'), join(door, '20260131/14/20260131_140000.mp4'));
    await symlink(join(root, 'hall/20260131/12'), join(door, '20260131/15'));
    await symlink(join(root, 'hall/20260131'), join(door, '20260201'));
    execFileSync('mkfifo', [join(door, '20260131/14/20260131_140100.mp4')]);
    if (isRoot) execFileSync('mknod', [join(door, '20260131/14/20260131_140200.mp4'), 'c', '1', '5']);
    await mkdir(join(door, '20260131/14/20260131_140300.mp4'));
  });
});
afterAll(() => server.close());

describe('a file', () => {
  it('comes as it is, with what a download needs to go on later', async () => {
    const { status, headers, bytes } = await server.download(FILE);

    expect(status).toBe(200);
    expect(bytes).toEqual(Buffer.from(segment));
    expect(headers).toMatchObject({
      'content-type': 'video/mp4',
      'content-length': String(segment.byteLength),
      'accept-ranges': 'bytes',
    });
    expect(headers.etag).toMatch(/^"[\w-]+"$/);
    expect(headers['cache-control']).toContain('private');
    expect(headers['content-disposition']).toBeUndefined();
  });

  it('comes as a download with its name when asked so', async () => {
    const { headers } = await server.download(`${FILE}?download`);

    expect(headers['content-disposition']).toBe('attachment; filename="20260131_120000.mp4"');
  });

  it('a picture lies beside it', async () => {
    const { headers, bytes } = await server.download(FILE.replace('mp4', 'jpg'));

    expect(headers['content-type']).toBe('image/jpeg');
    expect(bytes).toEqual(picture);
  });

  const size = segment.byteLength;
  it.each([
    ['the first byte', 'bytes=0-0', 0, 1],
    ['the beginning', 'bytes=0-99', 0, 100],
    ['the middle', 'bytes=1000-1999', 1000, 2000],
    ['the end, open', `bytes=${size - 10}-`, size - 10, size],
    ['all, open', 'bytes=0-', 0, size],
    ['the last bytes', 'bytes=-100', size - 100, size],
    ['more last bytes than there are', `bytes=-${size + 5}`, 0, size],
    ['beyond the end', `bytes=100-${size + 100}`, 100, size],
  ])('in part: %s', async (_name, range, from, to) => {
    const { status, headers, bytes } = await server.download(FILE, { range });

    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${from}-${to - 1}/${size}`);
    expect(headers['content-length']).toBe(String(to - from));
    expect(bytes).toEqual(Buffer.from(segment.subarray(from, to)));
  });

  it.each([
    ['several ranges', 'bytes=0-1,5-9', 'one after the other'],
    ['behind the end', `bytes=${size}-`, `it has ${size} bytes`],
    ['far behind the end', 'bytes=99999999999999-', `it has ${size} bytes`],
    ['the last no bytes', 'bytes=-0', `it has ${size} bytes`],
  ])('is refused in words: %s', async (_name, range, words) => {
    const { status, headers, bytes } = await server.download(FILE, { range });

    expect(status).toBe(416);
    expect(headers['content-range']).toBe(`bytes */${size}`);
    expect(JSON.parse(Buffer.from(bytes).toString())).toMatchObject({
      code: 'recording/bad-range',
      detail: expect.stringContaining(words) as string,
    });
  });

  it.each(['bytes=9-3', 'bytes=x-y', 'lines=1-2', 'bytes'])(
    'comes whole where the range means nothing: %s',
    async (range) => {
      expect((await server.download(FILE, { range })).status).toBe(200);
    },
  );

  it('goes on only while it is still the same file', async () => {
    const { headers } = await server.download(FILE);
    const range = 'bytes=100-199';
    const with_ = (condition: string) => server.download(FILE, { range, 'if-range': condition });

    expect((await with_(headers.etag ?? '')).status).toBe(206);
    expect((await with_(headers['last-modified'] ?? '')).status).toBe(206);
    expect((await with_('"another"')).status).toBe(200);
    expect((await with_(`W/${headers.etag}`)).status).toBe(200);
    expect((await with_('Sat, 31 Jan 2026 00:00:00 GMT')).status).toBe(200);
  });

  it('is not sent again to those who have it', async () => {
    const { headers } = await server.download(FILE);
    const again = await server.download(FILE, { 'if-none-match': `"x", W/${headers.etag}` });

    expect(again.status).toBe(304);
    expect(again.bytes.byteLength).toBe(0);
    expect(again.headers.etag).toBe(headers.etag);
    expect((await server.download(FILE, { 'if-none-match': '"x"' })).status).toBe(200);
  });

  it('HEAD tells all but the bytes, and knows no ranges', async () => {
    const asked = { method: 'HEAD', token: server.adminToken };
    const reply = await server.ask(FILE, { ...asked, headers: { range: 'bytes=0-9' } });
    const footage = await server.ask(
      `/cameras/door/footage.mp4?from=${START / 1000}&to=${START / 1000 + 1000}`,
      asked,
    );

    expect(reply).toMatchObject({ status: 200, text: '' });
    expect(reply.headers['content-length']).toBe(String(size));
    expect(footage).toMatchObject({ status: 200, text: '' });
    expect(footage.headers['content-type']).toContain('avc1');
    expect(filesOpen()).toEqual([]);
  });

  it('may stand on a page of others when the address has its token', async () => {
    const plain = await server.download(FILE);
    const shared = await server.download(`${FILE}?token=${server.adminToken}`);

    expect(plain.headers['cross-origin-resource-policy']).toBe('same-origin');
    expect(shared.headers['cross-origin-resource-policy']).toBe('cross-origin');
  });
});

describe('an address that leads elsewhere', () => {
  const CASES: readonly (readonly [string, string, number, string])[] = [
    ['a parent, encoded', '/cameras/door/recordings/..%2fsecret.mp4', 400, 'recording/bad-path'],
    ['a parent, all encoded', '/cameras/door/recordings/%2e%2e%2fsecret.mp4', 400, 'recording/bad-path'],
    [
      'a parent, encoded twice',
      '/cameras/door/recordings/%252e%252e%252fsecret.mp4',
      400,
      'recording/bad-path',
    ],
    [
      'a parent in the midst',
      `/cameras/door/recordings/20260131/..%2f20260131/12/20260131_120000.mp4`,
      400,
      'recording/bad-path',
    ],
    ['an absolute path', '/cameras/door/recordings/%2fetc%2fpasswd', 400, 'recording/bad-path'],
    ['an absolute path of two slashes', '/cameras/door/recordings//etc/passwd', 400, 'recording/bad-path'],
    ['a NUL', '/cameras/door/recordings/20260131/12/20260131_120000.mp4%00.jpg', 400, 'recording/bad-path'],
    [
      'a backslash',
      '/cameras/door/recordings/20260131%5c12%5c20260131_120000.mp4',
      400,
      'recording/bad-path',
    ],
    ['the index', '/cameras/door/recordings/.index.jsonl', 400, 'recording/bad-path'],
    ['the lock', '/cameras/door/recordings/.pinhole-recorder.lock', 400, 'recording/bad-path'],
    ['a folder', '/cameras/door/recordings/20260131/12', 400, 'recording/bad-path'],
    ['broken encoding', '/cameras/door/recordings/%ff%fe', 400, 'recording/bad-path'],
    ['nothing', '/cameras/door/recordings/20260131/12/20260131_125959.mp4', 404, 'recording/not-found'],
    [
      'a link to a file',
      '/cameras/door/recordings/20260131/14/20260131_140000.mp4',
      403,
      'recording/symlink',
    ],
    [
      'a link to an hour of another camera',
      '/cameras/door/recordings/20260131/15/20260131_121000.mp4',
      403,
      'recording/symlink',
    ],
    ['a pipe', '/cameras/door/recordings/20260131/14/20260131_140100.mp4', 403, 'recording/not-a-file'],
    [
      'a folder named like a file',
      '/cameras/door/recordings/20260131/14/20260131_140300.mp4',
      403,
      'recording/not-a-file',
    ],
  ];
  it.each(CASES)('%s', { timeout: 5000 }, async (_name, path, status, code) => {
    const reply = await server.ask(path, { token: server.adminToken });

    expect(reply.text).not.toContain('hidden');
    expect([reply.status, reply.json()['code']]).toEqual([status, code]);
  });

  it.runIf(isRoot)('a device', async () => {
    const path = '/cameras/door/recordings/20260131/14/20260131_140200.mp4';
    const reply = await server.ask(path, { token: server.adminToken });

    expect([reply.status, reply.json()['code']]).toEqual([403, 'recording/not-a-file']);
  });

  it('dots that a browser makes straight lead to another camera only with a right over it', async () => {
    const { token } = await server.token({ cameras: ['door'], rights: ['download'] });
    const reply = await server.ask(
      '/cameras/door/recordings/../../hall/recordings/20260131/12/20260131_121000.mp4',
      { token },
    );

    expect([400, 404]).toContain(reply.status);
  });

  it('is not deleted, saved or asked for either', async () => {
    const token = server.adminToken;
    const base = '/api/v1/cameras/door/recordings';
    const removed = await server.ask(`${base}?path=..%2fsecret.mp4`, { method: 'DELETE', token });
    const linked = await server.ask(`${base}?path=20260131/14/20260131_140000.mp4`, {
      method: 'DELETE',
      token,
    });
    const before = await server.ask(`${base}/before?path=..%2f..%2fetc%2fpasswd`, { token });

    expect([removed.status, linked.status, before.status]).toEqual([400, 403, 400]);
    expect(statSync(join(server.root, 'secret.mp4')).size).toBe(6);
  });

  it('is logged without anything that a terminal obeys, and counted by reason', async () => {
    await server.ask('/cameras/door/recordings/%1b[31mred', { token: server.adminToken });

    const lines = server
      .logged()
      .split('\n')
      .filter((line) => line.includes('a path was refused'));
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.join('')).not.toContain('\u001b');
    const refused = async (reason: string) =>
      await server.metric(`pinhole_recordings_paths_refused_total{camera="door",reason="${reason}"}`);
    expect(await refused('traversal')).toBeGreaterThanOrEqual(4);
    expect(await refused('absolute')).toBeGreaterThanOrEqual(1);
    expect(await refused('control')).toBeGreaterThanOrEqual(2);
    expect(await refused('symlink')).toBeGreaterThanOrEqual(2);
    expect(await refused('not-a-file')).toBeGreaterThanOrEqual(2);
  });
});

describe('who may', () => {
  const span = `from=2026-01-31T11:59:00Z&to=2026-01-31T12:01:00Z`;
  const api = '/api/v1/cameras/door';
  const ROUTES: readonly (readonly [string, string, 'view' | 'record' | 'download', number])[] = [
    ['GET', `${api}/recording`, 'view', 200],
    ['POST', `${api}/recording/start`, 'record', 409],
    ['POST', `${api}/recording/stop`, 'record', 200],
    ['POST', `${api}/recording/save`, 'record', 409],
    ['GET', `${api}/recordings`, 'download', 200],
    ['GET', `${api}/recordings/latest`, 'download', 200],
    ['GET', `${api}/recordings/before?path=${PATH}`, 'download', 200],
    ['GET', `${api}/recordings/days`, 'download', 200],
    ['GET', `${api}/footage?${span}`, 'download', 200],
    ['GET', `${api}/footage/key-frames?${span}`, 'download', 200],
    ['DELETE', `${api}/recordings?path=20260131/12/20260131_125959.mp4`, 'record', 404],
    ['GET', FILE, 'download', 200],
    ['HEAD', FILE, 'download', 200],
    ['GET', FILE.replace('mp4', 'jpg'), 'download', 200],
    ['GET', `/cameras/door/footage.mp4?${span}`, 'download', 200],
    ['GET', '/cameras/door/thumbnail.jpg?at=2026-01-31T12:00:00Z', 'download', 200],
  ];
  const tokens: Record<string, string> = {};
  let expired: string;
  beforeAll(async () => {
    for (const right of ['view', 'record', 'download'] as const) {
      tokens[right] = (await server.token({ cameras: ['door'], rights: [right] })).token;
    }
    const rights = ['view', 'record', 'download'];
    tokens['other'] = (await server.token({ cameras: ['hall'], rights })).token;
    expired = (await server.token({ cameras: ['door'], rights, expiresIn: '1s' })).token;
    await sleep(1100);
  });

  it.each(ROUTES)('%s %s needs %s', async (method, path, right, status) => {
    const ask = async (token?: string) => {
      const post =
        method === 'POST' ? { body: JSON.stringify(path.endsWith('save') ? { seconds: 5 } : {}) } : {};
      const headers = { 'content-type': 'application/json' };
      return (await server.ask(path, { method, headers, ...post, ...(token !== undefined && { token }) }))
        .status;
    };

    const answers = {
      view: await ask(tokens['view']),
      record: await ask(tokens['record']),
      download: await ask(tokens['download']),
      ofAnotherCamera: await ask(tokens['other']),
      nobody: await ask(),
      expired: await ask(expired),
      wrong: await ask('wrong'),
    };
    const none = { view: 403, record: 403, download: 403 };
    const strangers = { ofAnotherCamera: 404, nobody: 401, expired: 401, wrong: 401 };
    expect(answers).toEqual({ ...none, [right]: status, ...strangers });
  });

  it('is looked at before what is asked for', async () => {
    const reply = await server.ask(`${api}/recordings?limit=nonsense`, { token: tokens['view'] ?? '' });

    expect(reply.status).toBe(403);
  });

  it.each([
    [
      'revoked',
      'revoked',
      (id: string) => server.ask(`/api/v1/tokens/${id}`, { method: 'DELETE', token: server.adminToken }),
    ],
    ['expired', 'expired', () => sleep(2000)],
  ] as const)('a download ends when its token is %s', async (_name, cause, end) => {
    const metric = `pinhole_downloads_ended_total{cause="${cause}"}`;
    const before = await server.metric(metric);
    const expiresIn = cause === 'expired' ? { expiresIn: '2s' } : {};
    const { id, token } = await server.token({ cameras: ['door'], rights: ['download'], ...expiresIn });
    const response = await openDownload(server.port, BIG, { token });
    expect(response.statusCode).toBe(200);
    response.once('error', () => {});

    await end(id);
    await expect.poll(() => server.metric(metric), { timeout: 3000 }).toBe(before + 1);
    const { bytes, whole } = await readAll(response);

    expect(whole).toBe(false);
    expect(bytes).toBeLessThan(BIG_BYTES);
    expect(filesOpen()).toEqual([]);
  });
});

describe('those who download', () => {
  it('are cut off when they read no more, and the file is closed', async () => {
    const metric = 'pinhole_downloads_ended_total{cause="stalled"}';
    const socket = connect({ port: server.port, host: '127.0.0.1' });
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    socket.write(
      `GET ${BIG} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${server.adminToken}\r\n\r\n`,
    );
    await new Promise((resolve) => socket.once('data', resolve));
    socket.pause();
    await expect.poll(() => filesOpen().length).toBe(1);

    await expect.poll(() => server.metric(metric), { timeout: 6000 }).toBe(1);

    expect(filesOpen()).toEqual([]);
    expect(await server.metric('pinhole_downloads')).toBe(0);
    socket.resume();
    await closed;
  });

  it('may be as slow as they like', async () => {
    const response = await openDownload(server.port, BIG, { token: server.adminToken });
    let bytes = 0;
    const until = Date.now() + 5000;
    for await (const part of response) {
      bytes += (part as Buffer).byteLength;
      if (Date.now() > until) break;
      if (bytes % 2 ** 20 < 2 ** 16) await sleep(150);
    }

    expect(await server.metric('pinhole_downloads_ended_total{cause="stalled"}')).toBe(1);
    expect(bytes).toBeLessThan(BIG_BYTES);
  });

  it('are not more at once than the limit allows', async () => {
    const opened = await Promise.all(
      Array.from({ length: 6 }, () => openDownload(server.port, BIG, { token: server.adminToken })),
    );
    for (const response of opened) response.on('error', () => {});

    const reply = await server.ask(FILE, { token: server.adminToken });
    expect([reply.status, reply.json()['code'], reply.headers['retry-after']]).toEqual([
      503,
      'recording/too-many-downloads',
      '5',
    ]);

    for (const response of opened) response.destroy();
    await expect.poll(() => server.metric('pinhole_downloads')).toBe(0);
    expect((await server.ask(FILE, { token: server.adminToken })).status).toBe(200);
    expect(filesOpen()).toEqual([]);
  });
});

/** Recordings that this process has open. */
function filesOpen(): readonly string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const place = readlinkSync(`/proc/self/fd/${fd}`);
      return place.startsWith(server.root) ? [place] : [];
    } catch {
      return [];
    }
  });
}
