import type { ControlValue } from '@pinhole/engine';
import type { Capture, CaptureOptions } from '../capture/capture.ts';
import { CaptureChild } from '../capture/capture-child.ts';
import type { RpicamFailure } from '../rpicam-code.ts';
import { RPICAM_DEFAULTS } from '../settings/read-settings.ts';
import {
  bitrateOf,
  gopFramesOf,
  type RpicamSettingId,
  type RpicamSettings,
} from '../settings/rpicam-settings.ts';
import { rpicamSetting } from '../settings/setting-table.ts';
import { CAPTURE_SCRIPT } from './find-picamera2.ts';
import { FramedReader } from './framed-reader.ts';

/** Which camera picamera2 captures, and how. */
export interface Picamera2CaptureOptions extends CaptureOptions {
  /** Number, or a part of the name. */
  readonly camera: string;
  readonly settings: RpicamSettings;
}

/** What our script leaves to the capture programs. */
export const picamera2Suits = (settings: RpicamSettings): boolean =>
  settings.hdr === 'off' && settings.roi === '' && !/^\d$/.test(settings.mode);

/** Captures with our script on top of picamera2, which changes controls while it runs and makes key frames on request. */
export function captureByPicamera2(options: Picamera2CaptureOptions): Capture {
  const { camera, settings, signal, write } = options;
  const child = new CaptureChild({
    name: 'picamera2',
    path: 'python3',
    words: [CAPTURE_SCRIPT, JSON.stringify(scriptSettings(camera, settings))],
    env: options.env,
    signal,
  });
  let sequence = 0;
  let lastPts = Number.NEGATIVE_INFINITY;
  const reader = new FramedReader(({ data, key, pts, captureTime }) => {
    if (pts <= lastPts) return; // the sensor's clock does not fall; a picture that says so is a mistake
    lastPts = pts;
    write({ data, key, captureTime, pts, dts: pts, sequence: sequence++ });
  });
  child.stdout.on('data', (bytes: Uint8Array) => reader.push(bytes));
  const tell = (command: Readonly<Record<string, unknown>>): void => {
    if (child.stdin.writable) child.stdin.write(`${JSON.stringify(command)}\n`);
  };

  async function untilEnd(): Promise<RpicamFailure> {
    const failure = await child.ended;
    return reader.broken
      ? { code: 'source/invalid-input', why: 'what the capture script wrote cannot be read' }
      : failure;
  }

  return {
    pid: child.pid,
    ended: untilEnd(),
    check: () => {}, // what the script leaves out, a capture program does
    set: (id: RpicamSettingId, value: ControlValue) => {
      if (rpicamSetting(id)?.libcamera === undefined) return false;
      tell({ set: { [id]: value } });
      return true;
    },
    requestKeyFrame: () => tell({ key: true }),
    datedBy: () => 'camera',
  };
}

const scriptSettings = (camera: string, settings: RpicamSettings): Readonly<Record<string, unknown>> => ({
  ...settings,
  camera,
  bitrate: bitrateOf(settings),
  gop: gopFramesOf(settings),
  usual: RPICAM_DEFAULTS,
});
