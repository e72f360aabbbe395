import type { Logger } from '@pinhole/core';
import { cameraNumber } from '../devices/list-rpicam-devices.ts';
import { libcameraFlags, type RpicamEncoder } from '../flags/libcamera-flags.ts';
import { raspividFlags } from '../flags/raspivid-flags.ts';
import { captureByPicamera2 } from '../picamera2/picamera2-capture.ts';
import { findRpicamProgram } from '../program/find-program.ts';
import type { RpicamSettings } from '../settings/rpicam-settings.ts';
import type { Capture, CaptureOptions } from './capture.ts';
import { captureByProgram } from './program-capture.ts';
import type { PtsFifo } from './pts-fifo.ts';

/** Which camera is captured, by what, and how. */
export interface OpenCaptureOptions extends CaptureOptions {
  /** Number, or a part of the name. */
  readonly camera: string;
  readonly settings: RpicamSettings;
  readonly by: 'program' | 'picamera2';
  readonly command?: string | undefined;
  readonly encoder: RpicamEncoder;
  readonly fifo?: PtsFifo | undefined;
  readonly log: Logger;
}

/**
 * Starts to capture.
 * @throws {RpicamError} `source/no-program`, `source/no-camera`, `source/bad-option`
 */
export async function openCapture(options: OpenCaptureOptions): Promise<Capture> {
  const { settings, camera, command, env, encoder, log } = options;
  if (options.by === 'picamera2') {
    log.debug({ camera }, 'picamera2 captures');
    return captureByPicamera2(options);
  }
  const program = await findRpicamProgram({ command, env });
  const number = await cameraNumber(camera, program, env);
  const { name, path, has } = program;
  // With libav the program writes the pictures itself, and refuses to tell their times.
  const stamped = program.dialect === 'libcamera' && encoder === 'hardware' && has('--save-pts');
  const fifo = stamped ? options.fifo : undefined;
  const wordsFor = (wanted: RpicamSettings): readonly string[] =>
    program.dialect === 'raspivid'
      ? raspividFlags(wanted, { has, camera: number })
      : libcameraFlags(wanted, { program: name, has, camera: number, encoder, ptsPath: fifo?.path });
  log.debug({ path, words: wordsFor(settings) }, 'capture program starts');
  return captureByProgram({ ...options, name, path, wordsFor, fifo });
}
