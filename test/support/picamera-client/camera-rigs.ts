import { afterEach, beforeEach, expect, vi } from 'vitest';
import { CameraRig } from '../../../packages/client/src/picamera/fake-device.ts';
import type { IPiCameraOptions } from '../../../packages/client/src/picamera/picamera-options.ts';

/** For the tests of a file: time stands still unless they move it, and no camera leaves anything open. */
export function cameraRigs(): (options?: IPiCameraOptions) => CameraRig {
  const rigs: CameraRig[] = [];
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  });
  afterEach(() => {
    const ended = rigs.splice(0);
    for (const { camera } of ended) camera.terminate();
    expect(vi.getTimerCount()).toBe(0);
    for (const { links, connections } of ended.map(({ platform }) => platform)) {
      for (const link of links) expect(link).toMatchObject({ closed: true, listeners: 0 });
      for (const connection of connections) {
        expect(connection.connectionState).toBe('closed');
        for (const channel of connection.channels) expect(channel.readyState).toBe('closed');
      }
    }
    vi.useRealTimers();
  });
  return (options) => {
    const rig = new CameraRig(options);
    rigs.push(rig);
    return rig;
  };
}
