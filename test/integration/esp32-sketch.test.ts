import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { roomClientMessageSchema, roomServerMessageSchema } from '@pinhole/protocol/rooms';
import { afterEach, describe, expect, it } from 'vitest';
import { inWords, RoomPeer } from '../support/room-peer.ts';
import { openTestServer, type TestServer } from '../support/test-server.ts';

const SKETCH = resolve(import.meta.dirname, '../../examples/esp32/room_camera');
const JPEG = Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, ...new Uint8Array(2000), 0xff, 0xd9);
const source = (name: string): string => readFileSync(join(SKETCH, name), 'utf8');

/** What the sketch says, by the names that messages.h gives it, still to be filled in. */
const MESSAGES = new Map(
  [...source('messages.h').matchAll(/const char (\w+)\[\] =([^;]+);/g)].map(
    ([, name = '', literals = '']) => [
      name,
      [...literals.matchAll(/R"\((.*?)\)"/g)].map(([, text]) => text).join(''),
    ],
  ),
);

/** Fills a message in as snprintf does. */
function filledIn(name: string, ...values: readonly (string | number)[]): string {
  const left = [...values];
  const text = MESSAGES.get(name)?.replaceAll(/%(s|u|lu)/g, () => String(left.shift()));
  if (text === undefined || left.length > 0 || text.includes('undefined'))
    throw new Error(`${name}: ${text}`);
  return text;
}

let server: TestServer | undefined;
afterEach(() => server?.close());

describe('the sketch for an ESP32-CAM', () => {
  it.each(['compatible', 'strict'] as const)('is a camera of %s rooms, word for word', async (mode) => {
    server = await openTestServer({ rooms: { mode } });
    const publisher = await server.token({ cameras: ['yard'], rights: ['publish'] });
    const camera = await RoomPeer.open(server.url);
    const viewer = await RoomPeer.open(server.url, { token: server.adminToken });
    if (mode === 'strict') camera.raw(filledIn('AUTH', publisher.token));
    camera.raw(filledIn('JOIN', 'cctv', 'yard', 640, 480, 12));
    await camera.take('joined');
    await viewer.join({ room: 'cctv' });
    expect(await viewer.take('cameraAvailable')).toMatchObject({
      cameraId: 'yard',
      capabilities: { codecs: ['jpeg'], width: 640, height: 480, fps: 12, transports: ['mjpeg'] },
    });

    viewer.say({ type: 'requestStream', cameraId: 'yard', requestId: '1' });
    expect(await camera.take('viewerRequest')).toMatchObject({ viewerId: viewer.id });
    camera.raw(JPEG);
    camera.raw(filledIn('FRAME_INFO', 'yard', JPEG.length, 640, 480));
    camera.raw(filledIn('CAMERA_STATUS', 'yard', 'true', 1, 10_000));
    expect(await viewer.take('cameraStatus')).toMatchObject({
      cameraId: 'yard',
      streaming: true,
      viewers: 1,
      timestamp: 10_000,
    });
    viewer.say({ type: 'stopStream', cameraId: 'yard' });
    await camera.take('viewerLeft');
    viewer.say({ type: 'requestStream', cameraId: 'yard', requestId: '2' });
    await camera.take('viewerRequest');
    camera.raw(filledIn('REJECT_STREAM', viewer.id));
    expect(await viewer.take('streamRejected')).toMatchObject({ cameraId: 'yard', reason: 'busy' });

    expect(inWords(await camera.heard())).toEqual([]);
  });

  it('says and understands only what there is', () => {
    const sent = roomClientMessageSchema.def.options.flatMap(({ shape }) => shape.type.def.values);
    const received = roomServerMessageSchema.def.options.flatMap(({ shape }) => shape.type.def.values);
    const understood = [...source('room_camera.ino').matchAll(/type == "(\w+)"/g)].map(([, type]) => type);
    const said = [...MESSAGES.values()].map((text) => /"type":"(\w+)"/.exec(text)?.[1]);

    expect(understood.length).toBeGreaterThan(3);
    expect(received).toEqual(expect.arrayContaining(understood));
    expect(sent).toEqual(expect.arrayContaining(said));
  });

  it('uses every message, and each with as many values as it has places', () => {
    const calls = [...source('room_camera.ino').matchAll(/\bsay\(([A-Z_]+)([^;]*)\);/g)];

    expect(new Set(calls.map(([, name]) => name))).toEqual(new Set(MESSAGES.keys()));
    for (const [, name = '', values = ''] of calls) {
      const places = MESSAGES.get(name)?.match(/%/g)?.length;
      const given = values.replaceAll(/\([^()]*\)/g, '').split(',').length - 1;
      expect({ name, given }).toEqual({ name, given: places });
    }
  });
});
