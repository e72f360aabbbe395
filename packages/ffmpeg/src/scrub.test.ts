import { describe, expect, it } from 'vitest';
import { createScrubber, scrubCredentials } from './scrub.ts';

describe('scrubbing credentials', () => {
  it.each([
    ['rtsp://admin:s3cret@10.0.0.7/door: 401', 'rtsp://10.0.0.7/door: 401'],
    ["Impossible to open 'rtsp://admin:p@ss@cam/1'", "Impossible to open 'rtsp://cam/1'"],
    ['http://token@cam/x and RTSP://a:b@c', 'http://cam/x and RTSP://c'],
    ['mail me@example.org about rtsp://cam/@1', 'mail me@example.org about rtsp://cam/@1'],
  ])('makes %j into %j', (dirty, clean) => {
    expect(scrubCredentials(dirty)).toBe(clean);
  });

  it('finds the password where it stands alone, as typed and decoded', () => {
    const scrub = createScrubber('rtsp://admin:pa%24sword@cam/1');

    expect(scrub('digest of pa$sword, of pa%24sword and admin:pa%24sword')).toBe(
      'digest of ***, of *** and ***',
    );
  });

  it('leaves words alone that a short password is a part of', () => {
    expect(createScrubber('rtsp://a:o@cam/1')('no route to rtsp://a:o@cam/1')).toBe(
      'no route to rtsp://cam/1',
    );
  });
});
