import { micros, millis, silentLogger } from '@pinhole/core';
import { Camera, Cameras, type Source } from '@pinhole/engine';
import type { ListedCamera } from '@pinhole/signaling/rooms';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CAMERA_ID } from '../config/fields.ts';
import { AdoptedCameras, adoptedId } from './adopted-cameras.ts';

const source: Source = {
  start: () => Promise.resolve(),
  requestKeyFrame: () => {},
  describe: () => ({ kind: 'room', label: 'a camera', keyFrameOnRequest: true }),
  controls: () => [],
  setControl: () => Promise.resolve(),
};
const camera = (id: string, label = id): Camera =>
  new Camera({
    id,
    label,
    source,
    now: () => micros(0),
    openAbort: () => new AbortController(),
    log: silentLogger,
  });
const listedAt = (room: string, cameraId: string, name?: string): ListedCamera => ({
  room,
  cameraId,
  clientId: `${cameraId}-client`,
  ...(name !== undefined && { name }),
});

describe('cameras that join rooms', () => {
  let now: number;
  let listed: ListedCamera[];
  let cameras: Cameras;
  const endWhere = vi.fn<(matches: (viewer: never) => boolean, why: string) => number>();

  const adopting = (adopt: boolean | readonly string[] = true): AdoptedCameras =>
    new AdoptedCameras({
      adopt,
      limit: 2,
      cameras,
      viewers: { endWhere },
      listed: () => listed,
      isKnown: ({ cameraId }) => cameraId === 'front-door',
      open: (id, { cameraId, name }) => camera(id, name ?? cameraId),
      now: () => millis(now),
      log: silentLogger,
    });
  const ids = (): string[] => cameras.list().map(({ id }) => id);

  beforeEach(() => {
    [now, listed] = [0, []];
    cameras = new Cameras([camera('front')]);
    endWhere.mockReset();
  });

  it('become cameras of this server, under their names for people, and are known by their place', () => {
    const adopted = adopting();
    listed = [listedAt('cctv', 'yard', 'The yard'), listedAt('cctv', 'front-door')];
    adopted.tick();

    const id = adoptedId({ room: 'cctv', cameraId: 'yard' });
    expect(ids()).toEqual(['front', id]);
    expect(cameras.get(id)?.label).toBe('The yard');
    expect(adopted.of({ room: 'cctv', cameraId: 'yard' })).toBe(cameras.get(id));
  });

  it('stay for a minute after they left, and their viewers are told when they go', () => {
    const adopted = adopting();
    listed = [listedAt('cctv', 'yard')];
    adopted.tick();
    const [, first] = cameras.list();
    listed = [];
    for (now = 1000; now < 60_000; now += 1000) adopted.tick();
    expect(ids()).toHaveLength(2);

    now = 60_000;
    adopted.tick();

    expect(ids()).toEqual(['front']);
    const [matches, why] = endWhere.mock.calls[0] ?? [];
    expect([matches?.({ camera: first?.id } as never), matches?.({ camera: 'front' } as never), why]).toEqual(
      [true, false, 'camera-removed'],
    );

    listed = [listedAt('cctv', 'yard')];
    now = 61_000;
    adopted.tick();
    expect(ids()[1]).toBe(first?.id);
    expect(adopted.counters).toEqual({ adopted: 2, gone: 1, overLimit: 0 });
  });

  it('are as many as may be, and no more', () => {
    const adopted = adopting();
    listed = ['a', 'b', 'c'].map((cameraId) => listedAt('cctv', cameraId));
    adopted.tick();

    expect(ids()).toHaveLength(3);
    expect(adopted.counters.overLimit).toBe(1);
  });

  it.each([
    [false, []],
    [['porch'], ['porch']],
    [true, ['cctv', 'porch']],
  ] as const)('are taken of the rooms that are wanted: %j', (adopt, rooms) => {
    listed = [listedAt('cctv', 'a'), listedAt('porch', 'b')];
    adopting(adopt).tick();

    expect(
      ids()
        .slice(1)
        .map((id) => id.split('-', 1)[0]),
    ).toEqual(rooms);
  });
});

describe('the id of an adopted camera', () => {
  it.each([
    ['cctv', 'yard-cam', /^cctv-yard-cam-[0-9a-f]{8}$/],
    ['Hütte', '<b>"x"</b>', /^Hu-tte-b-x-b-[0-9a-f]{8}$/],
    ['部屋', '猫', /^[0-9a-f]{8}$/],
    ['x'.repeat(64), 'y'.repeat(64), /^x{24}-y{24}-[0-9a-f]{8}$/],
    ['__proto__', 'constructor', /^proto-constructor-[0-9a-f]{8}$/],
  ])('of "%s" and "%s" can be read and stands in addresses', (room, cameraId, pattern) => {
    expect(adoptedId({ room, cameraId })).toMatch(pattern);
    expect(adoptedId({ room, cameraId })).toMatch(CAMERA_ID);
  });

  it('is another one for another place', () => {
    const places = [
      ['a-b', 'c'],
      ['a', 'b-c'],
      ['a b', 'c'],
    ] as const;

    expect(new Set(places.map(([room, cameraId]) => adoptedId({ room, cameraId }))).size).toBe(3);
  });
});
