import { micros, PinholeError, silentLogger } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { Camera } from '../stream/camera.ts';
import type { Source } from '../stream/source.ts';
import type { PicturesRequest, PublisherEnd, PublishRequest } from './publication.ts';
import { PublisherSessions } from './publisher-sessions.ts';

const WHO = { tokenId: 'phone', address: '192.0.2.7' };

class Rig {
  now = micros(1_000_000);
  requests: PublishRequest[] = [];
  closed: PublisherEnd[] = [];
  candidates: string[] = [];
  refuse: PinholeError | undefined;
  pushed: PicturesRequest[] = [];
  readonly sessions: PublisherSessions;
  readonly camera: Camera;
  #ids = 0;

  constructor(kind: 'takes-publishers' | 'fetches' = 'takes-publishers') {
    this.sessions = new PublisherSessions({
      now: () => this.now,
      newId: () => `id-${this.#ids++}`,
      log: silentLogger,
    });
    const source: Source = {
      start: (_, { signal }) =>
        new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined))),
      requestKeyFrame: () => {},
      describe: () => ({ kind: 'whip', label: 'test', keyFrameOnRequest: true }),
      controls: () => [],
      setControl: () => Promise.resolve(),
      ...(kind === 'takes-publishers' && {
        publishPictures: (request: PicturesRequest) => {
          if (this.refuse) throw this.refuse;
          this.pushed.push(request);
          return { write: () => 'taken' as const, close: (why: PublisherEnd) => this.closed.push(why) };
        },
        publish: (request: PublishRequest) => {
          if (this.refuse) return Promise.reject(this.refuse);
          this.requests.push(request);
          return Promise.resolve({
            answer: `answer to ${request.offer}`,
            addCandidate: (candidate: string) => {
              this.candidates.push(candidate);
              return Promise.resolve();
            },
            close: (why: PublisherEnd) => {
              this.closed.push(why);
              return Promise.resolve();
            },
          });
        },
      }),
    };
    this.camera = new Camera({
      id: 'door',
      source,
      now: () => this.now,
      openAbort: () => new AbortController(),
      log: silentLogger,
    });
  }
}

describe('a publisher', () => {
  it('is answered by the source, and keeps it running', async () => {
    const rig = new Rig();

    const { id, answer } = await rig.sessions.offer(rig.camera, 'offer', WHO);
    await rig.sessions.candidate(id, 'candidate:1');

    expect(answer).toBe('answer to offer');
    expect(rig.candidates).toEqual(['candidate:1']);
    expect(rig.camera.holders).toBe(1);
    expect(rig.sessions.list()).toMatchObject([{ id, camera: 'door', who: WHO }]);
  });

  it('that ends by itself lets the source rest', async () => {
    const rig = new Rig();
    const { id } = await rig.sessions.offer(rig.camera, 'offer', WHO);

    rig.requests[0]?.ended('silent');

    expect(rig.camera.holders).toBe(0);
    expect(rig.sessions.find(id)).toBeUndefined();
    expect(rig.closed).toEqual([]);
    expect(rig.sessions.counters).toEqual({ opened: 1, refused: 0, ended: 1 });
  });

  it('is told why when it is sent away', async () => {
    const rig = new Rig();
    const { id } = await rig.sessions.offer(rig.camera, 'offer', WHO);

    rig.sessions.close(id, 'left');
    rig.requests[0]?.ended('silent');

    expect(rig.closed).toEqual(['left']);
    expect(rig.sessions.counters.ended).toBe(1);
    expect(() => rig.sessions.close(id, 'left')).toThrowError(
      expect.objectContaining({ code: 'session/unknown' }),
    );
  });

  it('ends with its token', async () => {
    const rig = new Rig();
    await rig.sessions.offer(rig.camera, 'offer', { ...WHO, expiresAt: micros(2_000_000) });

    rig.sessions.tick();
    expect(rig.closed).toEqual([]);

    rig.now = micros(2_000_000);
    rig.sessions.tick();
    expect(rig.closed).toEqual(['expired']);
  });

  it('that is refused leaves nothing behind', async () => {
    const rig = new Rig();
    rig.refuse = new PinholeError('publish/occupied', 'somebody else publishes');

    await expect(rig.sessions.offer(rig.camera, 'offer', WHO)).rejects.toMatchObject({
      code: 'publish/occupied',
    });

    expect(rig.camera.holders).toBe(0);
    expect(rig.sessions.list()).toEqual([]);
    expect(rig.sessions.counters.refused).toBe(1);
  });

  it('cannot publish to a camera that fetches its pictures itself', async () => {
    const rig = new Rig('fetches');

    await expect(rig.sessions.offer(rig.camera, 'offer', WHO)).rejects.toMatchObject({
      code: 'publish/unsupported',
      message: expect.stringContaining('"door" is of kind whip'),
    });
  });
});

describe('somebody who sends JPEG pictures', () => {
  it('keeps the source running, and is told once when it is over by others', () => {
    const rig = new Rig();
    const ends: PublisherEnd[] = [];
    const pushed = rig.sessions.push(rig.camera, WHO, { ended: (why) => ends.push(why) });
    expect([rig.camera.holders, rig.sessions.list().length]).toEqual([1, 1]);

    expect(pushed.write(new Uint8Array())).toBe('taken');
    rig.pushed[0]?.ended('replaced');
    rig.pushed[0]?.ended('replaced');

    expect(ends).toEqual(['replaced']);
    expect([rig.camera.holders, rig.sessions.list().length]).toEqual([0, 0]);
  });

  it('goes by itself without being told', () => {
    const rig = new Rig();
    const ends: PublisherEnd[] = [];

    rig.sessions.push(rig.camera, WHO, { ended: (why) => ends.push(why) }).close('left');

    expect([rig.closed, ends, rig.camera.holders]).toEqual([['left'], [], 0]);
  });

  it('goes with its token', () => {
    const rig = new Rig();
    const ends: PublisherEnd[] = [];
    rig.sessions.push(
      rig.camera,
      { ...WHO, expiresAt: micros(2_000_000) },
      { ended: (why) => ends.push(why) },
    );
    rig.sessions.push(rig.camera, WHO, { ended: (why) => ends.push(why) });

    rig.now = micros(2_000_000);
    rig.sessions.tick();
    rig.sessions.endWhere(({ who }) => who.tokenId === 'phone', 'revoked');

    expect([ends, rig.closed]).toEqual([
      ['expired', 'revoked'],
      ['expired', 'revoked'],
    ]);
  });

  it('is refused where there is no place, or no camera for it', () => {
    const rig = new Rig();
    rig.refuse = new PinholeError('publish/occupied', 'somebody else publishes');
    const push = (at: Rig) => at.sessions.push(at.camera, WHO, { ended: () => {} });

    expect(() => push(rig)).toThrow(expect.objectContaining({ code: 'publish/occupied' }));
    expect(() => push(new Rig('fetches'))).toThrow(expect.objectContaining({ code: 'publish/unsupported' }));
    expect([rig.camera.holders, rig.sessions.counters.refused]).toEqual([0, 1]);
  });
});
