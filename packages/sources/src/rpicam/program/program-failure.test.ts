import { describe, expect, it } from 'vitest';
import { programFailure } from './program-failure.ts';

const end = (lines: readonly string[], rest: Partial<Parameters<typeof programFailure>[0]> = {}) =>
  programFailure({ program: 'rpicam-vid', code: 255, signal: null, lines, ...rest });

describe('what a capture program died of', () => {
  it.each([
    ['source/no-camera', ['ERROR: *** no cameras available ***']],
    ['source/no-camera', ['ERROR: *** selected camera is not available ***']],
    [
      'source/no-camera',
      ['mmal: Camera is not detected. Please check carefully the camera module is installed correctly'],
    ],
    ['source/no-camera', ['mmal: Camera is not enabled in this build. Try running "sudo raspi-config"']],
    [
      'source/busy',
      [
        '[0:19:06.419783286] [2746]  INFO Camera camera.cpp:839 Pipeline handler in use by another process',
        'ERROR: *** failed to acquire camera /base/soc/i2c0mux/i2c@1/ov5647@36 ***',
      ],
    ],
    [
      'source/busy',
      [
        '[0:00:52.243006594] [982] ERROR V4L2 v4l2_videodevice.cpp:1047 /dev/video0[13:cap]: Unable to set format: Device or resource busy',
        'ERROR: *** failed to configure streams ***',
      ],
    ],
    [
      'source/busy',
      [
        'mmal: mmal_vc_component_enable: failed to enable component: ENOSPC',
        "mmal: camera component couldn't be enabled",
        'mmal: main: Failed to create camera component',
      ],
    ],
    [
      'source/no-memory',
      [
        'dmaHeap allocation failure for rpicam-apps2',
        'ERROR: *** failed to allocate capture buffers for stream ***',
      ],
    ],
    ['source/bad-option', ["ERROR: *** unrecognised option '--hdr' ***"]],
    ['source/bad-option', ["ERROR: *** the argument ('abc') for option '--width' is invalid ***"]],
    ['source/bad-option', ['ERROR: *** Invalid mode ***']],
    ['source/bad-option', ['Invalid command line option (-foo)']],
    ['source/no-encoder', ['ERROR: *** Unable to find an appropriate H.264 codec ***']],
    ['source/no-encoder', ['ERROR: *** libav: cannot find video encoder libx264 ***']],
    ['source/forbidden', ['Failed to open /dev/media0: Permission denied']],
    ['source/crashed', ['terminate called after throwing an instance of std::bad_alloc']],
  ])('is %s: %j', (code, lines) => {
    expect(end(lines)).toMatchObject({ code });
  });

  it('is told by the line that says it, without stars and time stamps', () => {
    expect(
      end([
        '[0:19:06.41] [2746]  INFO Camera x',
        'ERROR: *** failed to queue request ***',
        '#12 (30.00 fps) exp 10.00',
      ]).why,
    ).toBe('rpicam-vid ended with 255: ERROR: failed to queue request');
  });

  it('is told by a signal, or by silence', () => {
    expect(end([], { code: null, signal: 'SIGKILL' })).toEqual({
      code: 'source/crashed',
      why: 'rpicam-vid was killed by SIGKILL',
    });
    expect(end([], { code: 0 })).toEqual({ code: 'source/ended', why: 'rpicam-vid ended by itself' });
    expect(end(['#3 (30.00 fps) exp 33251.00 ag 5.22 dg 1.00'], { code: 0 }).why).toBe(
      'rpicam-vid ended by itself',
    );
    expect(end([], { code: null, error: new Error('spawn ENOENT') })).toMatchObject({
      code: 'source/no-program',
    });
  });
});
