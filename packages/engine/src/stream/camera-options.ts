import type { Abort, Logger, Micros } from '@pinhole/core';
import type { Adjustable } from '../control/joined-controls.ts';
import type { Camera } from './camera.ts';
import type { OpenSoundStage } from './sound-stage.ts';
import type { Source } from './source.ts';
import type { StreamOptions } from './stream.ts';

/** The part of an `AbortController` that a camera needs; a real one fits. */
export interface AbortSwitch {
  readonly signal: Abort;
  abort(): void;
}

/** What a camera is made with. */
export interface CameraOptions {
  readonly id: string;
  /** For people; the id when left out. */
  readonly label?: string;
  readonly source: Source;
  /** What can be changed besides, of what is made of its pictures here. */
  readonly adjusts?: Adjustable;
  /** UTC microseconds that never step back. */
  readonly now: () => Micros;
  readonly openAbort: () => AbortSwitch;
  readonly log: Logger;
  /** A second, smaller stream of the same picture; the camera ticks and closes it. */
  readonly sub?: Camera;
  /** Runs without viewers too. */
  readonly always?: boolean;
  /** How long the source runs on after the last viewer; default 10 s. */
  readonly linger?: Micros;
  readonly stream?: Pick<StreamOptions, 'cache' | 'keyFrameInterval'>;
  /** Called each time the source starts; coded sound goes to the stream as it is unless told. */
  readonly openSound?: OpenSoundStage;
}
