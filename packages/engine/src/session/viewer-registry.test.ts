import { type Micros, micros, PinholeError, silentLogger } from '@pinhole/core';
import { expect, it, vi } from 'vitest';
import { Camera } from '../stream/camera.ts';
import type { Source } from '../stream/source.ts';
import type { Identity, ViewerEnd } from './viewer.ts';
import { ViewerRegistry } from './viewer-registry.ts';

const restingSource: Source = {
  start: () => new Promise(() => {}),
  requestKeyFrame: () => {},
  describe: () => ({ kind: 'resting', label: 'resting', keyFrameOnRequest: false }),
  controls: () => [],
  setControl: () => Promise.resolve(),
};

const setUp = (limits = {}) => {
  let now = micros(0);
  let ids = 0;
  const registry = new ViewerRegistry({
    limits: { total: 10, perCamera: 10, perAddress: 10, ...limits },
    now: () => now,
    newId: () => `viewer-${ids++}`,
  });
  const camera = new Camera({
    id: 'door',
    source: restingSource,
    now: () => now,
    openAbort: () => new AbortController(),
    log: silentLogger,
  });
  const admit = (who: Partial<Identity> = {}) => {
    const close = vi.fn<(why: ViewerEnd) => void>();
    const identity = { tokenId: 'guest', address: '127.0.0.1', ...who };
    return { close, viewer: registry.admit({ camera, transport: 'websocket', who: identity, close }) };
  };
  return { registry, camera, admit, advance: (to: Micros) => (now = to) };
};

it('runs the camera while somebody watches', () => {
  const { camera, admit } = setUp();
  const { viewer } = admit();
  expect(camera.state.kind).toBe('connecting');
  expect(camera.holders).toBe(1);
  viewer.leave('left');
  viewer.leave('left');
  expect(camera.holders).toBe(0);
});

it('has the camera make what the viewer watches, and nothing else', () => {
  const { registry, camera } = setUp();
  const wanted: string[][] = [];
  camera.source.want = (kinds) => wanted.push([...kinds]);

  const who = { tokenId: 'guest', address: '127.0.0.1' };
  registry.admit({ camera, transport: 'http', media: 'pictures', who, close: () => {} }).leave('left');

  expect(wanted).toEqual([['pictures'], []]);
});

it.each([
  [{ total: 1 }, '1 viewers in all'],
  [{ perCamera: 1 }, 'of camera "door"'],
  [{ perAddress: 1 }, 'from one address'],
])('refuses the second viewer under %o and names the limit', (limits, words) => {
  const { registry, admit } = setUp(limits);
  admit();
  expect(() => admit()).toThrowError(
    expect.objectContaining({ code: 'session/limit', message: expect.stringContaining(words) }),
  );
  expect(registry.refused).toBe(1);
  expect(registry.list()).toHaveLength(1);
});

it('ends the viewers of a revoked token and nobody else', () => {
  const { registry, admit } = setUp();
  const revoked = admit({ tokenId: 'lost' });
  const other = admit({ tokenId: 'kept' });
  expect(registry.endWhere(({ who }) => who.tokenId === 'lost', 'revoked')).toBe(1);
  expect(revoked.close).toHaveBeenCalledExactlyOnceWith('revoked');
  expect(other.close).not.toHaveBeenCalled();
  expect(registry.ends.get('revoked')).toBe(1);
});

it('ends a viewer when its token runs out', () => {
  const { registry, admit, advance } = setUp();
  const { close } = admit({ expiresAt: micros(5_000_000) });
  advance(micros(4_999_999));
  registry.tick();
  expect(close).not.toHaveBeenCalled();
  advance(micros(5_000_000));
  registry.tick();
  expect(close).toHaveBeenCalledExactlyOnceWith('expired');
});

it('throws PinholeError, so that a program can tell a limit from a bug', () => {
  const { admit } = setUp({ total: 0 });
  expect(() => admit()).toThrow(PinholeError);
});
