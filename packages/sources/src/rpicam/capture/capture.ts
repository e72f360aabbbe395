import type { Abort } from '@pinhole/core';
import type { AccessUnit, ControlValue } from '@pinhole/engine';
import type { SourceClock } from '../../clock.ts';
import type { RpicamFailure } from '../rpicam-code.ts';
import type { RpicamSettingId, RpicamSettings } from '../settings/rpicam-settings.ts';

/** What every capture needs. */
export interface CaptureOptions {
  readonly clock: SourceClock;
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** Ends it. */
  readonly signal: Abort;
  /** Takes each picture; numbers and times are those of this capture. */
  readonly write: (unit: AccessUnit) => void;
}

/** A camera that is being captured. */
export interface Capture {
  readonly pid: number | undefined;
  /** Why it ended; resolves when nothing is left of it. */
  readonly ended: Promise<RpicamFailure>;
  /**
   * Looks whether it could be started with these settings.
   * @throws {RpicamError} `source/bad-option`
   */
  check(settings: RpicamSettings): void;
  /** Changes a setting while it runs. @returns whether that can be done. */
  set(id: RpicamSettingId, value: ControlValue): boolean;
  /** Asks for a key frame; does nothing where that is impossible. */
  requestKeyFrame(): void;
  /** Whose clock dates the pictures. */
  datedBy(): 'camera' | 'arrival';
}
