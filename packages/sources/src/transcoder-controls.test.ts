import { describe, expect, it } from 'vitest';
import { TranscoderControls } from './transcoder-controls.ts';

describe('the controls of H.264 that is made here', () => {
  it('begin with what was configured, or the encoder’s own', () => {
    expect(new TranscoderControls({}).values()).toEqual(
      new Map([
        ['bitrate', 4_000_000],
        ['fps', 60],
        ['gop', 60],
      ]),
    );
    const told = new TranscoderControls({ bitrate: 1_111_111, gop: 600, framesPerSecond: 90 });
    expect(told.values()).toEqual(
      new Map([
        ['bitrate', 1_111_111],
        ['fps', 90],
        ['gop', 600],
      ]),
    );
    expect(told.descriptors()).toMatchObject([{ step: 0 }, { max: 90 }, { max: 600, default: 600 }]);
  });

  it('stand under Stream, with the limits that µStreamer has', () => {
    const [bitrate, fps, gop] = new TranscoderControls({}).descriptors();

    expect(bitrate).toMatchObject({
      group: 'Stream',
      min: 25_000,
      max: 20_000_000,
      step: 25_000,
      applies: 'live',
    });
    expect([fps?.group, gop?.group]).toEqual(['Stream', 'Stream']);
  });

  it('tell the encoder what holds, and to expect no more pictures than are let through', () => {
    const controls = new TranscoderControls({ framesPerSecond: 30 });
    expect(controls.mostFrames).toBe(Number.POSITIVE_INFINITY);

    controls.set('bitrate', 500_000);
    controls.set('gop', 15);
    controls.set('fps', 10);
    expect(controls.tuning).toEqual({ bitrate: 500_000, gop: 15, framesPerSecond: 10 });
    expect(controls.mostFrames).toBe(10);

    controls.set('fps', 45);
    expect(controls.tuning.framesPerSecond).toBe(30);
    controls.set('fps', 60);
    expect(controls.mostFrames).toBe(Number.POSITIVE_INFINITY);
  });

  it.each([
    ['control/unknown', 'quality', 50],
    ['control/out-of-range', 'bitrate', 24_000],
    ['control/out-of-range', 'bitrate', 26_001],
    ['control/out-of-range', 'gop', 0],
    ['control/out-of-range', 'fps', 61],
  ])('%s is what a wrong value of %s gives', (code, id, value) => {
    const controls = new TranscoderControls({});

    expect(() => controls.set(id, value)).toThrowError(expect.objectContaining({ code }));
    expect(controls.values().get('bitrate')).toBe(4_000_000);
  });
});
