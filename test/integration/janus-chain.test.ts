import { nalType, nalUnits } from '@pinhole/media/h264';
import { readTimeCode } from '@pinhole/media/timecode';
import { afterAll, beforeAll, expect } from 'vitest';
import { decodeWithFfmpeg } from '../support/decode-with-ffmpeg.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';
import { needs } from '../support/third-parties.ts';

const { describe, it } = needs('ffmpeg');

const [width, height] = [320, 240];
const PICTURES = 30;

describe('the Janus API of one server as the camera of another', () => {
  let near: TestServer;
  let far: TestServer;

  beforeAll(async () => {
    far = await openTestServer({
      cameras: { kvm: `synthetic:${width}x${height}@30?gop=15` },
      janus: { ports: { ws: 0 } },
    });
    const { token } = await far.token({ cameras: ['kvm'], rights: ['view'] });
    const main = `127.0.0.1:${far.port}/janus`;
    near = await openTestServer({
      cameras: {
        socket: `janus+ws://${main}/ws?token=${token}`,
        http: `janus+http://${main}?token=${token}`,
        own: `janus+ws://127.0.0.1:${far.janusPorts.ws}?secret=${token}`,
      },
    });
  });

  afterAll(async () => {
    await near?.close();
    await far?.close();
  });

  /** What the second server hands on of a camera, until it is closed. */
  async function watch(camera: string): Promise<Response> {
    const reply = await fetch(`http://127.0.0.1:${near.port}/cameras/${camera}/stream.h264`, {
      headers: { authorization: `Bearer ${near.adminToken}` },
    });
    expect(reply.status).toBe(200);
    return reply;
  }

  /** The numbers in the first pictures. */
  async function numbers(reply: Response): Promise<(number | undefined)[]> {
    let bytes = new Uint8Array();
    // The last picture may be cut short.
    for await (const part of reply.body ?? []) {
      bytes = Uint8Array.from(Buffer.concat([bytes, part]));
      if ([...nalUnits(bytes)].filter(isSlice).length > PICTURES) break;
    }
    return decodeWithFfmpeg(bytes, { width, height })
      .slice(0, PICTURES)
      .map((picture) => readTimeCode(picture)?.frameNumber);
  }

  const viewers = async (): Promise<number> =>
    ((await far.ask('/api/v1/sessions', { token: far.adminToken })).json()['sessions'] as unknown[]).length;

  it('is one viewer of the first for all viewers of a camera, and several cameras at once', async () => {
    const replies = await Promise.all([watch('socket'), watch('socket'), watch('http'), watch('own')]);
    for (const reply of replies) expect((await reply.body?.getReader().read())?.done).toBe(false);
    expect(await viewers()).toBe(3);
    expect(near.logged()).not.toContain('camera is not live');
  });

  it.each(['socket', 'http', 'own'])('brings every picture, in order, over %s', async (camera) => {
    const seen = await numbers(await watch(camera));

    expect(seen.length).toBe(PICTURES);
    expect(seen).toEqual(seen.map((_, at) => (seen[0] ?? Number.NaN) + at));
  });
});

const isSlice = (unit: Uint8Array): boolean => nalType(unit) === 1 || nalType(unit) === 5;
