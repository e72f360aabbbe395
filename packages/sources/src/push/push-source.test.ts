import { millis } from '@pinhole/core';
import type { JpegPicture, PicturePublication, PublisherEnd, SourceState } from '@pinhole/engine';
import { beforeEach, describe, expect, it } from 'vitest';
import { hex } from '../../../../test/support/hex.ts';
import { FakeClock } from '../fake-clock.ts';
import { createPushSource, type PushSource } from './push-source.ts';

const JPEG = hex(`
  ff d8                   # start of image
  ff c0 00 0b 08          # frame header, 8 bits
  00 f0 01 40             # 240 × 320
  01 01 11 00             # one component
  ff da 00 02 12 34       # a scan
  ff d9                   # end of image
`);

describe('a camera whose pictures are sent in', () => {
  let clock: FakeClock;
  let source: PushSource;
  let stop: AbortController;
  let pictures: JpegPicture[];
  let states: SourceState[];
  const ends: PublisherEnd[] = [];

  const push = (): PicturePublication => source.publishPictures({ ended: (why) => ends.push(why) });
  const last = (): SourceState | undefined => states.at(-1);

  beforeEach(() => {
    clock = new FakeClock();
    source = createPushSource({ endpoint: '/push/yard', clock });
    stop = new AbortController();
    [pictures, states] = [[], []];
    ends.length = 0;
    void source.start(
      { write: () => {}, picture: (picture) => pictures.push(picture), state: (state) => states.push(state) },
      { signal: stop.signal },
    );
  });

  it('waits for somebody, in words', () => {
    expect(last()).toEqual({
      kind: 'retrying',
      code: 'source/no-publisher',
      why: 'waiting for somebody who sends JPEG pictures to /push/yard',
      retryInMs: millis(0),
    });
  });

  it('is live with the first picture, and hands each on with its size and time', () => {
    const publication = push();

    expect(publication.write(Uint8Array.of(...JPEG, 0, 0), '7.5')).toBe('taken');

    expect(last()).toEqual({ kind: 'live' });
    expect(pictures).toEqual([
      { data: JPEG, width: 320, height: 240, captureTime: clock.utcNow(), sequence: 0 },
    ]);
  });

  it.each([
    ['not-jpeg', hex('89 50 4e 47')],
    ['not-jpeg', JPEG.subarray(0, -1)],
    ['not-jpeg', hex('ff d8 ff d9')],
    ['too-large', new Uint8Array(2 * 1024 * 1024 + 1)],
  ] as const)('leaves out what is %s', (outcome, bytes) => {
    expect(push().write(bytes)).toBe(outcome);
    expect(pictures).toEqual([]);
  });

  it('takes 60 pictures a second, and leaves out the rest', () => {
    const publication = push();
    const outcomes = Array.from({ length: 70 }, () => publication.write(JPEG));
    clock.advance(1_000);

    expect(outcomes.filter((outcome) => outcome === 'too-often')).toHaveLength(10);
    expect(publication.write(JPEG)).toBe('taken');
    expect(source.counters).toMatchObject({ pictures: 61, tooOften: 10 });
  });

  it('refuses a second one as long as the first sends, and lets it in when that fell silent', () => {
    const first = push();
    for (let i = 0; i < 4; i++) {
      clock.advance(4_900);
      first.write(JPEG);
    }
    expect(() => push()).toThrow(
      expect.objectContaining({
        code: 'publish/occupied',
        message: expect.stringContaining('silent for 5 s'),
      }),
    );

    clock.advance(5_000);
    expect(last()).toMatchObject({ kind: 'retrying', code: 'source/stalled' });
    const second = push();

    expect([ends, first.write(JPEG), second.write(JPEG)]).toEqual([['replaced'], 'ended', 'taken']);
    expect(last()).toEqual({ kind: 'live' });
    first.close('left');
    expect(second.write(JPEG)).toBe('taken');
  });

  it('does not count what is no picture as a sign of life', () => {
    const first = push();
    clock.advance(4_999);
    first.write(hex('00'));
    clock.advance(1);

    expect(() => push()).not.toThrow();
  });

  it('waits for the next when the first went', () => {
    const first = push();
    first.write(JPEG);

    first.close('left');

    expect(last()).toMatchObject({ code: 'source/no-publisher' });
    expect([ends, clock.pending]).toEqual([[], 0]);
    expect(push().write(JPEG)).toBe('taken');
  });

  it('leaves no timer behind, and hands nothing on, when it is stopped', async () => {
    const publication = push();
    publication.write(JPEG);

    stop.abort();
    await Promise.resolve();
    await Promise.resolve();

    expect([clock.pending, publication.write(JPEG), pictures.length]).toEqual([0, 'taken', 1]);
    expect(source.counters.unwanted).toBe(1);
  });
});
