import { describe, expect, it } from 'vitest';
import { checkConfig } from '../config/load-config.ts';

const camera = (ustreamer: unknown) => ({ cameras: { door: { source: 'synthetic', ustreamer } } }) as never;

describe('a camera in a slot, in the configuration', () => {
  it('is a name alone, or more', () => {
    expect(checkConfig(camera('a::h264')).cameras['door']?.ustreamer).toEqual({
      h264: 'a::h264',
      mode: 660,
      rm: true,
      layout: 'C10',
    });
    expect(
      checkConfig(camera({ jpeg: 'any-name', layout: 'A2', mode: 777 })).cameras['door']?.ustreamer,
    ).toMatchObject({
      jpeg: 'any-name',
      mode: 777,
    });
  });

  it.each([
    ['no slot at all', {}, /must name a slot, e\.g\. h264: pinhole::door::h264/],
    ['a path', 'a/b::h264', /"a\/b::h264" is no name of a slot/],
    ['the wrong end', { h264: 'a::jpeg' }, /must end in ::h264: the readers of layout C10/],
    ['no end', { jpeg: 'a', layout: 'B7a' }, /must end in ::jpeg/],
    ['a mode that is not octal', { h264: 'a::h264', mode: 680 }, /three octal digits/],
    ['a mode that shuts out its owner', { h264: 'a::h264', mode: 0o660 }, /from 600 to 777/],
    ['a layout that is none', { h264: 'a::h264', layout: 'B7' }, /must be one of A1, .*B7a/],
  ])('%s is refused in words', (_, ustreamer, words) => {
    expect(() => checkConfig(camera(ustreamer))).toThrowError(words);
  });

  it('has a slot of its own', () => {
    const both = {
      door: { source: 'synthetic', ustreamer: 'a::h264' },
      hall: { source: 'synthetic', ustreamer: 'a::h264' },
    };

    expect(() => checkConfig({ cameras: both } as never)).toThrowError(/a slot of camera "door" already/);
  });
});
