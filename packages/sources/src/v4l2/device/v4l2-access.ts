import type { Abort, Micros } from '@pinhole/core';
import type { V4l2Error } from '../v4l2-error.ts';
import type { V4l2Control, V4l2Device } from './v4l2-device.ts';

/** What a device is to give. */
export interface CaptureMode {
  readonly fourcc: string;
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
}

/** One buffer of a device: a picture, as the driver filled it. */
export interface CapturedFrame {
  readonly data: Uint8Array;
  /** When the driver says it was taken, else when it came; UTC. */
  readonly captureTime: Micros;
}

/** One running capture. */
export interface Capture {
  /** Settles when the device gave up or `signal` aborted, and nothing is left open. @throws {V4l2Error} `source/*` */
  readonly ended: Promise<void>;
  /** Of the child process, where there is one. */
  readonly pid: number | undefined;
  readonly counters: CaptureCounters;
}

/** What a capture saw. */
export interface CaptureCounters {
  readonly frames: number;
  /** Frames that the driver marked as damaged, or left out (by the gaps in its numbering). */
  readonly lostFrames: number;
  /** Frames dated by their arrival, because the driver told no time of its own. */
  readonly datedByArrival: number;
}

/**
 * The way to V4L2 devices. There is one, by the program `v4l2-ctl`; another could talk to the kernel itself.
 */
export interface V4l2Access {
  /** @throws {V4l2Error} `source/no-program`, `source/no-such-device`, `source/forbidden`, `source/failed` */
  inspect(path: string): Promise<V4l2Device>;
  /** The controls with their values now. @throws {V4l2Error} as `inspect` */
  controls(path: string): Promise<readonly V4l2Control[]>;
  /** Sets controls in this order. @throws {V4l2Error} as `inspect`, with the driver's words */
  setControls(path: string, values: ReadonlyMap<string, number>): Promise<void>;
  /** Starts to capture. `frame` must not throw. */
  capture(
    path: string,
    mode: CaptureMode,
    options: { readonly signal: Abort; readonly frame: (frame: CapturedFrame) => void },
  ): Capture;
}

export type { V4l2Error };
