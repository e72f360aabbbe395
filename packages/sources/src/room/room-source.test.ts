import { silentLogger } from '@pinhole/core';
import type { JpegPicture, SourceState } from '@pinhole/engine';
import { createTransports } from '@pinhole/webrtc';
import { beforeEach, expect, it, vi } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { FakeClock } from '../fake-clock.ts';
import type { RoomLink, RoomLinkHandlers } from './room-link.ts';
import { createRoomSource, type RoomSource } from './room-source.ts';

const JPEG = hex(`
  ff d8                   # start of image
  ff c0 00 0b 08          # frame header, 8 bits
  00 f0 01 40             # 240 × 320
  01 01 11 00             # one component
  ff da 00 02 12 34       # a scan
  ff d9                   # end of image
`);
const NO_VIDEO = ['v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0', ''].join('\r\n');

let clock: FakeClock;
let source: RoomSource;
let room: RoomLinkHandlers;
let said: string[];
let states: SourceState[];
let pictures: JpegPicture[];
let stop: AbortController;
let done: Promise<void>;

const last = (): SourceState | undefined => states.at(-1);

beforeEach(() => {
  clock = new FakeClock();
  [said, states, pictures] = [[], [], []];
  source = createRoomSource({
    room: 'cctv',
    cameraId: 'yard-cam',
    transports: createTransports({ hostAddresses: ['127.0.0.1'], log: silentLogger }),
    clock,
    open: (handlers): RoomLink => {
      room = handlers;
      return {
        request: () => said.push('request'),
        answer: () => said.push('answer'),
        close: () => said.push('close'),
      };
    },
  });
  stop = new AbortController();
  done = source.start(
    { write: () => {}, picture: (one) => pictures.push(one), state: (state) => states.push(state) },
    { signal: stop.signal },
  );
});

it('waits for the camera in words, and asks for its pictures when it comes', () => {
  expect(last()).toMatchObject({
    kind: 'retrying',
    code: 'source/room-camera-away',
    why: 'waiting for camera "yard-cam" in room "cctv"',
  });

  room.came();

  expect(said).toEqual(['request']);
  expect(last()).toEqual({ kind: 'connecting' });
});

it('is live with the JPEG pictures of one that sends those, and says so', () => {
  room.came();
  room.picture(JPEG);

  expect(last()).toEqual({ kind: 'live' });
  expect(pictures).toMatchObject([{ width: 320, height: 240 }]);
  expect(source.describe()).toMatchObject({ kind: 'room', jpeg: true, keyFrameOnRequest: true });
  // Nobody offers anything, and that is as it should be.
  room.refused('request-timeout', 'it offered nothing');
  expect(last()).toEqual({ kind: 'live' });
});

it('asks a board again that sends no pictures any more, as one that started anew does', () => {
  room.came();
  room.picture(JPEG);

  clock.advance(5000);
  expect(last()).toMatchObject({
    code: 'source/stalled',
    why: 'camera "yard-cam" in room "cctv" has sent no picture for some seconds',
  });
  clock.advance(1000);

  expect(said).toEqual(['request', 'request']);
  room.picture(JPEG);
  expect(last()).toEqual({ kind: 'live' });
});

it('waits again when the camera leaves, and goes on when it comes back', () => {
  room.came();
  room.picture(JPEG);
  room.left();
  expect(last()).toMatchObject({ code: 'source/room-camera-away' });
  room.picture(JPEG);
  expect(pictures).toHaveLength(1);

  room.came();
  room.picture(JPEG);

  expect(last()).toEqual({ kind: 'live' });
  expect(pictures).toHaveLength(2);
});

it('tells why the camera gives nothing, and asks again, later each time', () => {
  room.came();
  room.refused('stream-rejected', 'the camera is stopped');
  expect(last()).toMatchObject({
    kind: 'retrying',
    code: 'source/room-refused',
    why: 'camera "yard-cam" in room "cctv" gives no picture: the camera is stopped',
  });

  clock.advance(1000);
  room.refused('stream-rejected', 'the camera is stopped');
  clock.advance(900);
  expect(said).toEqual(['request', 'request']);
  clock.advance(1100);

  expect(said).toHaveLength(3);
});

it('tells of a room that would not have it', () => {
  room.refused('not-joined', 'there is no such room here');

  expect(last()).toMatchObject({ code: 'source/room-refused', why: expect.stringContaining('no such room') });
});

it('tells of an offer that brings no picture', async () => {
  room.came();
  room.offered(NO_VIDEO);

  await vi.waitFor(() => expect(last()).toMatchObject({ code: 'source/room-refused' }));
  expect(source.counters).toMatchObject({ offers: 1, offersRefused: 1 });
});

it('leaves the room when nobody wants its pictures any more', async () => {
  room.came();
  room.picture(JPEG);
  stop.abort();
  await done;

  expect(said).toEqual(['request', 'close']);
  expect(clock.pending).toBe(0);
});
