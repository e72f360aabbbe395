import type { RpicamFailure } from '../rpicam-code.ts';
import type { RpicamSettings } from '../settings/rpicam-settings.ts';
import type { Capture, CaptureOptions } from './capture.ts';
import { CaptureChild } from './capture-child.ts';
import type { PtsFifo } from './pts-fifo.ts';
import { UnitReader } from './unit-reader.ts';

/** Which program captures, and how. */
export interface ProgramCaptureOptions extends CaptureOptions {
  readonly name: string;
  readonly path: string;
  readonly settings: RpicamSettings;
  /** The command line for settings. @throws {RpicamError} `source/bad-option` */
  readonly wordsFor: (settings: RpicamSettings) => readonly string[];
  /** Through which the program was told to tell its time stamps. */
  readonly fifo?: PtsFifo | undefined;
}

/** Captures with a program that writes H.264 to its standard output. */
export function captureByProgram(options: ProgramCaptureOptions): Capture {
  const { clock, fifo, settings, wordsFor, write } = options;
  const reader = new UnitReader({ clock, stamped: fifo !== undefined, write });
  const stopStamps = fifo?.read((pts) => reader.stamp(pts));
  const child = new CaptureChild({ ...options, words: wordsFor(settings) });
  child.stdin.end();
  child.stdout.on('data', (bytes: Uint8Array) => reader.push(bytes));

  async function untilEnd(): Promise<RpicamFailure> {
    const failure = await child.ended;
    stopStamps?.();
    reader.end();
    return failure;
  }

  return {
    pid: child.pid,
    ended: untilEnd(),
    check: (changed) => {
      wordsFor(changed);
    },
    set: () => false,
    requestKeyFrame: () => {},
    datedBy: () => (reader.stamped ? 'camera' : 'arrival'),
  };
}
