import { describe, expect, it } from 'vitest';
import { parseSourceSpec } from './source-spec.ts';

const plain = { kind: 'v4l2', path: '/dev/video0', format: 'auto', controls: new Map() } as const;

describe('v4l2:…', () => {
  it.each([
    ['v4l2:/dev/video0', plain],
    [
      'v4l2:/dev/video0?size=1280x720&fps=29.97&format=mjpeg&bitrate=2.5M&gop=30&encoder=libx264',
      {
        ...plain,
        format: 'mjpeg',
        width: 1280,
        height: 720,
        framesPerSecond: 29.97,
        bitrate: 2_500_000,
        gop: 30,
        encoder: 'libx264',
      },
    ],
    [
      'v4l2:/dev/v4l/by-id/usb-046d_C920_6F2A-video-index0?encoder=auto',
      { ...plain, path: '/dev/v4l/by-id/usb-046d_C920_6F2A-video-index0' },
    ],
    [
      'v4l2:/dev/video0?brightness=12&exposure_auto=manual&vendor_led=1',
      {
        ...plain,
        controls: new Map([
          ['brightness', '12'],
          ['exposure', 'manual'],
          ['vendor-led', '1'],
        ]),
      },
    ],
  ])('reads %s', (text, spec) => {
    expect(parseSourceSpec(text)).toEqual(spec);
  });

  it.each([
    ['v4l2:', 'write v4l2:DEVICE'],
    ['v4l2:video0', 'write v4l2:DEVICE'],
    ['v4l2:/dev/video0?size=720p', 'size "720p" of v4l2: write WIDTHxHEIGHT'],
    ['v4l2:/dev/video0?size=0x0', 'width 0 of v4l2: must be from 16'],
    ['v4l2:/dev/video0?fps=fast', 'fps "fast" of v4l2: must be a number'],
    ['v4l2:/dev/video0?fps=0', 'fps 0 of v4l2: must be from 1 to 240'],
    ['v4l2:/dev/video0?format=h265', 'write one of auto, h264, mjpeg, yuyv'],
    ['v4l2:/dev/video0?bitrate=4Mbps', 'bitrate "4Mbps" of v4l2'],
    ['v4l2:/dev/video0?formt=h264', 'Did you mean "format"?'],
    ['v4l2:/dev/video0?gop=0', 'gop 0 of v4l2'],
    ['v4l2:/dev/video0?encoder=nvenc', 'encoder "nvenc" of v4l2'],
    ['v4l2:/dev/video0?gain=1&gain=2', 'gain of v4l2 is given twice'],
  ])('refuses %s: %s', (text, words) => {
    expect(() => parseSourceSpec(text)).toThrow(
      expect.objectContaining({ code: 'config/source', message: expect.stringContaining(words) }),
    );
  });
});
