import { describe, expect, it, vi } from 'vitest';
import { cameraRigs } from '../../../../test/support/picamera-client/camera-rigs.ts';
import { bytes, field, JPEG, JPEG_URL, packets, say } from './fake-answers.ts';
import { settled } from './fake-device.ts';

const openRig = cameraRigs();

describe('silence', () => {
  it('is told', async () => {
    const rig = await openRig().live('offer');
    rig.camera.snapshot();
    rig.camera.fetchRecordedVideo('/r/a.mp4');

    vi.advanceTimersByTime(10_000);

    expect(rig.errors).toEqual(['picamera/no-answer', 'picamera/no-answer']);
  });

  it('of a channel that is not open is told', async () => {
    const rig = await openRig().offer();

    rig.camera.snapshot();
    rig.camera.setCameraProperty(18, 6);
    rig.camera.terminate();
    rig.camera.snapshot();

    expect(rig.errors).toEqual(['picamera/not-open', 'picamera/not-open', 'picamera/not-open']);
  });

  it('does not keep a late picture back', async () => {
    const rig = await openRig().live('offer');
    rig.camera.snapshot();
    vi.advanceTimersByTime(10_000);

    say(rig.channel(0), packets(2, 'u', JPEG));

    expect(rig.all('onSnapshot')).toEqual([[JPEG_URL]]);
  });
});

describe('camera properties', () => {
  it('are whole numbers', async () => {
    const rig = await openRig().live('offer');

    rig.camera.setCameraProperty(14, 0.5);
    rig.camera.setCameraControl(6, -3);

    expect(rig.errors).toEqual(['picamera/value']);
    expect(rig.channel(0).sent).toEqual([
      bytes(0x08, 0x01, field(0x1a, 0x08, 6, 0x10, 0xfd, 0xff, 0xff, 0xff, 0x0f)),
    ]);
  });
});

describe('what is assigned', () => {
  it('may throw without harm', async () => {
    const report = vi.fn<(thrown: unknown) => void>();
    vi.stubGlobal('reportError', report);
    const rig = await openRig().live('offer');
    rig.camera.onSnapshot = () => {
      throw new Error('fault of the page');
    };

    rig.camera.snapshot();
    say(rig.channel(0), packets(2, 'u', JPEG));
    rig.camera.snapshot();
    await settled();

    expect(report).toHaveBeenCalledOnce();
    expect(rig.channel(0).sent).toHaveLength(2);
    vi.unstubAllGlobals();
  });

  it('under the name that was misspelt is the same', () => {
    const rig = openRig();
    const listener = (): void => {};

    rig.camera.onQuility = listener;
    expect(rig.camera.onQuality).toBe(listener);
    rig.camera.onQuility = undefined;

    expect(rig.camera.onQuality).toBeUndefined();
  });

  it('is told on the console where nobody listens for errors', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const rig = openRig();
    delete rig.camera.onError;

    rig.camera.snapshot();

    expect(warn).toHaveBeenCalledWith(expect.stringContaining('a snapshot was not asked for'));
    warn.mockRestore();
  });
});
