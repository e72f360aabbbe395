import type { ControlDescriptor } from '@pinhole/engine';
import { hasPicamera2 } from '../picamera2/find-picamera2.ts';
import { type FindProgramOptions, findRpicamProgram, type RpicamProgram } from '../program/find-program.ts';
import { runBriefly } from '../program/run-briefly.ts';
import { RpicamError } from '../rpicam-code.ts';
import { RPICAM_DEFAULTS } from '../settings/read-settings.ts';
import { rpicamControls } from '../settings/rpicam-controls.ts';
import { type ListedCamera, parseCameraList } from './parse-camera-list.ts';

/** A camera on this machine's ribbon cables. */
export interface RpicamDevice extends ListedCamera {
  /** As a source is written: `rpicam:0`. */
  readonly address: string;
  /** The program that captures it: `rpicam-vid`. */
  readonly program: string;
  readonly controls: readonly ControlDescriptor[];
}

/**
 * The Raspberry Pi cameras of this machine with their modes and controls; none where no capture program is installed.
 * Does not disturb a camera that runs.
 */
export async function listRpicamDevices(options: FindProgramOptions = {}): Promise<readonly RpicamDevice[]> {
  const program = await findRpicamProgram(options).catch((thrown: unknown) => {
    if (thrown instanceof RpicamError) return undefined;
    throw thrown;
  });
  if (program === undefined) return [];
  const live = program.dialect === 'libcamera' && hasPicamera2(options.env);
  const cameras = await listedCameras(program, options.env);
  return cameras.map((camera) => ({
    ...camera,
    address: `rpicam:${camera.number}`,
    program: program.name,
    controls: rpicamControls(RPICAM_DEFAULTS, { live }),
  }));
}

/** What the program itself lists. */
export async function listedCameras(
  program: RpicamProgram,
  env?: NodeJS.ProcessEnv,
): Promise<readonly ListedCamera[]> {
  const options = env === undefined ? {} : { env };
  if (program.dialect === 'libcamera') {
    const { stdout, stderr } = await runBriefly(program.path, ['--list-cameras'], options);
    return parseCameraList(`${stdout}\n${stderr}`);
  }
  // raspivid lists nothing; the firmware says whether there is a camera, not which.
  const { stdout } = await runBriefly('vcgencmd', ['get_camera'], options);
  const detected = Number(/detected=(\d)/.exec(stdout)?.[1] ?? 0);
  return Array.from({ length: detected }, (_, number) => ({
    number,
    model: 'camera',
    id: `${number}`,
    modes: [],
  }));
}

/**
 * The number of the camera that is asked for by its number, or by a part of its model or place.
 * @throws {RpicamError} `source/no-camera` when none has that name.
 */
export async function cameraNumber(
  wanted: string,
  program: RpicamProgram,
  env?: NodeJS.ProcessEnv,
): Promise<number> {
  if (/^\d+$/.test(wanted)) return Number(wanted);
  const cameras = await listedCameras(program, env);
  const match = cameras.find(({ model, id }) =>
    `${model} ${id}`.toLowerCase().includes(wanted.toLowerCase()),
  );
  if (match !== undefined) return match.number;
  const known = cameras.map(({ number, model }) => `${number} (${model})`).join(', ');
  throw new RpicamError(
    'source/no-camera',
    `no camera is called "${wanted}": ${known === '' ? 'none is found at all' : `there are ${known}`}`,
  );
}
