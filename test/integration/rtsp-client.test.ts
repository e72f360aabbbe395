import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseRtcp } from '@pinhole/media/rtp';
import { describe, expect, it } from 'vitest';
import { selfSignedKeyPair } from '../../apps/server/src/tls/certificate.ts';
import { setUpRtsp } from '../support/rtsp-rig.ts';
import type { AskedRequest } from '../support/scripted-rtsp-camera.ts';

describe('our own RTSP client, with a camera that', () => {
  it('is followed to another path of its own, with its password', async (test) => {
    const { camera, run } = await setUpRtsp(test, {
      userInfo: 'admin:secret@',
      answer: ({ method, url, headers }) => {
        if (headers['authorization'] === undefined)
          return { status: '401 Unauthorized', headers: ['WWW-Authenticate: Basic realm="x"'] };
        return method === 'DESCRIBE' && url.endsWith('/live')
          ? { status: '302 Found', headers: ['Location: /other?a=1'] }
          : undefined;
      },
    });

    await run.until(() => run.units.length > 0);

    expect(camera.asked.at(-1)?.url).toBe(camera.url('/other?a=1'));
    expect(camera.connections).toBe(2);
  });

  it.for([
    ['MD5', 'md5'],
    ['SHA-256', 'sha256'],
  ])(
    'with Digest of %s and a nonce that grows stale is proved to again',
    async ([algorithm = '', hash = ''], test) => {
      const digest = (text: string) => createHash(hash).update(text).digest('hex');
      const field = ({ headers }: AskedRequest, name: string) =>
        new RegExp(`\\b${name}="?([^",]*)`).exec(headers['authorization'] ?? '')?.[1];
      const isRight = (request: AskedRequest): boolean => {
        const ha1 = digest('admin:cam:secret');
        const ha2 = digest(`${request.method}:${request.url}`);
        const parts = ['nonce', 'nc', 'cnonce', 'qop'].map((name) => field(request, name));
        return field(request, 'response') === digest([ha1, ...parts, ha2].join(':'));
      };
      const { camera, run } = await setUpRtsp(test, {
        userInfo: 'admin:secret@',
        answer: (request, count) => {
          // Each method wants a nonce of its own.
          const nonce = `n-${request.method}`;
          if (field(request, 'nonce') === nonce && isRight(request)) return undefined;
          const stale = count === 1 ? '' : ', stale=true';
          return {
            status: '401 Unauthorized',
            headers: [
              `WWW-Authenticate: Digest realm="cam", nonce="${nonce}", qop="auth", algorithm=${algorithm}${stale}`,
            ],
          };
        },
      });

      await run.until(() => run.units.length > 0);

      expect(camera.methods).toEqual([
        'OPTIONS',
        'OPTIONS',
        'DESCRIBE',
        'DESCRIBE',
        'SETUP',
        'SETUP',
        'PLAY',
        'PLAY',
      ]);
      expect(JSON.stringify([run.lines, camera.asked])).not.toContain('secret');
    },
  );

  it('gets one wrong password a connection', async (test) => {
    const { camera, run } = await setUpRtsp(test, {
      userInfo: 'admin:secret@',
      answer: () => ({
        status: '401 Unauthorized',
        headers: ['WWW-Authenticate: Digest realm="cam", nonce="1"'],
      }),
    });

    await run.until(() => run.codes.length > 0);

    expect(run.codes).toEqual(['source/unauthorized']);
    expect(camera.asked.filter(({ headers }) => headers['authorization'] !== undefined)).toHaveLength(1);
    expect(JSON.stringify([run.lines, run.states])).not.toContain('secret');
  });

  it('hears of us in less than half its timeout, and may refuse what it announced', async (test) => {
    const { camera, run } = await setUpRtsp(test, {
      answer: ({ method }) => {
        if (method === 'SETUP')
          return { headers: ['Session: 7;timeout=1', 'Transport: RTP/AVP/TCP;interleaved=0-1'] };
        return method === 'GET_PARAMETER' ? { status: '454 Session Not Found' } : undefined;
      },
    });
    await run.until(() => camera.methods.length >= 7);
    await run.stop();

    const [played, ...signs] = camera.asked.slice(3, 7);
    expect(signs.map(({ method }) => method)).toEqual(['GET_PARAMETER', 'OPTIONS', 'OPTIONS']);
    expect(signs.every(({ headers }) => headers['session'] === '7')).toBe(true);
    expect(played?.method).toBe('PLAY');
    expect(run.states.at(-1)).toEqual({ kind: 'live' });
    expect(run.source.counters.connections).toBe(1);
  });

  it('gets receiver reports that quote what it sent', { timeout: 20_000 }, async (test) => {
    const { camera, run } = await setUpRtsp(test, {});
    await run.until(() => camera.reports.length > 0);

    const [report, description] = parseRtcp(camera.reports[0] ?? new Uint8Array());
    expect(report).toMatchObject({
      kind: 'receiver-report',
      reports: [{ ssrc: 0x1234, packetsLost: 0, fractionLost: 0, lastSenderReport: expect.any(Number) }],
    });
    expect(description).toMatchObject({ kind: 'source-description' });
  });

  it.for([
    [-400, 'a clock near ours is believed: 0.4 s before the arrival', 300, 600],
    [3_600_000, 'a clock an hour ahead is not', -30, 200],
    [-3_600_000, 'nor one an hour behind', -30, 200],
    [300, 'nor one that dates pictures after they came', -30, 200],
  ] as const)('with its clock %i ms off: %s', async ([clockMs, , least, most], test) => {
    const { run } = await setUpRtsp(test, { clockMs });
    await run.until(() => run.units.length >= 60);

    const ages = run.units.map((unit, i) => (run.arrivals[i] ?? 0) - unit.captureTime / 1000).slice(20, 60);
    expect(ages.toSorted((a, b) => a - b)[20]).toBeGreaterThan(least);
    expect(ages.toSorted((a, b) => a - b)[20]).toBeLessThan(most);
    expect(
      run.units.every((unit, i) => i === 0 || unit.captureTime >= (run.units[i - 1]?.captureTime ?? 0)),
    ).toBe(true);
  });

  it('is reached by TLS, whoever signed its certificate', async (test) => {
    const folder = await mkdtemp(join(tmpdir(), 'pinhole-rtsps-'));
    const tls = await selfSignedKeyPair(folder, { names: ['camera.invalid'], now: new Date() });
    await rm(folder, { recursive: true });
    const { run } = await setUpRtsp(test, { tls, userInfo: 'u:p@' });

    await run.until(() => run.units.length >= 3);

    expect(run.source.way).toBe('direct');
  });

  it('with TLS that Node refuses is handed to FFmpeg', async (test) => {
    const { run } = await setUpRtsp(test, { tls: {} });

    await run.until(() => run.codes.length > 0);

    expect(run.states.at(-1)).toMatchObject({
      code: 'source/no-ffmpeg',
      why: expect.stringContaining('TLS'),
    });
  });
});
