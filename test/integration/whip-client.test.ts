import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { NAL_TYPE, nalType, nalUnits, parseSps } from '@pinhole/media/h264';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type Pinhole, startPinhole } from '../support/pinhole.ts';
import { needs } from '../support/third-parties.ts';
import { startWhipClient, type WhipClient } from '../support/whip-client/whip-client.ts';

const { describe, it } = needs('whip-client', 'gcc');

/** libnice passes over loopback. What this machine sends to an address of its own stays in it all the same. */
const OWN_ADDRESS = Object.values(networkInterfaces())
  .flatMap((addresses) => addresses ?? [])
  .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;
const ENOUGH_BYTES = 100_000;

describe('simple-whip-client, by GStreamer', () => {
  let folder: string;
  let pinhole: Pinhole;
  let client: WhipClient | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pinhole-whip-'));
    const config = join(folder, 'pinhole.yaml');
    const webrtc = { hostAddresses: [OWN_ADDRESS ?? '127.0.0.1'] };
    await writeFile(config, JSON.stringify({ cameras: { phone: 'whip:' }, webrtc }));
    pinhole = await startPinhole({ args: ['--config', config] });
  });

  afterEach(() => client?.leave());

  afterAll(async () => {
    await pinhole?.dispose();
    await rm(folder, { recursive: true });
  });

  const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
    fetch(`${pinhole.url}${path}`, { ...init, headers: { authorization: `Bearer ${pinhole.token}` } });

  const state = async (): Promise<unknown> =>
    ((await (await ask('/api/v1/cameras/phone')).json()) as { readonly state: unknown }).state;

  /** What anybody who watches gets, so many bytes of it. */
  async function watched(): Promise<Uint8Array> {
    const stop = new AbortController();
    const { body } = await ask('/cameras/phone/stream.h264', { signal: stop.signal });
    const parts: Uint8Array[] = [];
    for await (const part of body ?? []) {
      parts.push(part);
      if (parts.reduce((sum, { byteLength }) => sum + byteLength, 0) > ENOUGH_BYTES) break;
    }
    stop.abort();
    return Buffer.concat(parts);
  }

  (OWN_ADDRESS === undefined ? it.skip : it)(
    'publishes H.264 that is passed through, and makes way when it leaves',
    async () => {
      client = startWhipClient(`${pinhole.url}/whip/phone`, pinhole.token);
      await expect.poll(state, { timeout: 20_000 }).toEqual({ kind: 'live' });

      const nals = [...nalUnits(await watched())];
      const sps = nals.find((nal) => nalType(nal) === NAL_TYPE.sps);
      const slices = nals.filter((nal) => nalType(nal) === NAL_TYPE.slice);
      await client.leave();

      expect(parseSps(sps ?? new Uint8Array())).toMatchObject({ width: 640, height: 360 });
      expect(slices.length).toBeGreaterThan(30);
      await expect.poll(state, { timeout: 15_000 }).toMatchObject({ code: 'source/no-publisher' });
    },
  );

  it('is refused with a wrong token, and publishes nothing', async () => {
    const refused = startWhipClient(`${pinhole.url}/whip/phone`, 'pin_wrong');
    client = refused;

    await expect.poll(() => refused.words(), { timeout: 15_000 }).toMatch(/401/);
    expect(await state()).not.toEqual({ kind: 'live' });
  });
});
