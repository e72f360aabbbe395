import { CAMERA_FLAGS } from './camera-flags.ts';
import { textOf } from './check-flags.ts';
import { lightSettings } from './light-settings.ts';
import type { GivenFlags } from './picamera-flag.ts';

/** A source of ours that stands for a camera of pi-webrtc. */
export interface MappedCamera {
  readonly source: string;
  readonly settings: Readonly<Record<string, string | number>>;
  readonly notes: readonly string[];
  /** What cannot be, in words. */
  readonly faults: readonly string[];
}

const OF_CAPTURE = ['fps', 'width', 'height', 'max-bitrate'];
const OF_V4L2 = ['v4l2-format'];
/** Flags of light, colour and lens, which only libcamera takes. */
const OF_LIBCAMERA = CAMERA_FLAGS.filter(({ key }) => key?.startsWith('cameras.ID.settings.'))
  .map(({ name }) => name)
  .filter((name) => !OF_CAPTURE.includes(name) && !OF_V4L2.includes(name));

/** The source that `--camera` and the flags of the picture mean. */
export function mapCamera(flags: GivenFlags): MappedCamera {
  const camera = textOf(flags, 'camera');
  const [, kind, number = ''] = /^(libcamera|v4l2|libargus):(.*)$/s.exec(camera) ?? [];
  if (kind === undefined) {
    const why = 'the camera itself says what it sends';
    const notes = withoutEffect(flags, [...OF_CAPTURE, ...OF_V4L2, ...OF_LIBCAMERA], why);
    return { source: camera, settings: {}, notes, faults: [] };
  }
  const fault = faultOf(kind, number);
  if (fault !== undefined) {
    const at = flags.get('camera')?.at ?? '--camera';
    return { source: camera, settings: {}, notes: [], faults: [`${at} "${camera}": ${fault}`] };
  }
  if (kind === 'v4l2') {
    const format = textOf(flags, 'v4l2-format');
    return {
      source: `v4l2:/dev/video${number}`,
      settings: { ...captureSettings(flags), ...(format !== 'i420' && { format }) },
      notes: withoutEffect(flags, OF_LIBCAMERA, 'it is for libcamera: cameras'),
      faults: [],
    };
  }
  const light = lightSettings(flags);
  return {
    source: `rpicam:${number}`,
    settings: { ...captureSettings(flags), ...light.settings },
    notes: [...light.notes, ...withoutEffect(flags, OF_V4L2, 'it is for v4l2: cameras')],
    faults: [],
  };
}

function faultOf(kind: string, number: string): string | undefined {
  if (kind === 'libargus')
    return 'cameras by libargus (NVIDIA Jetson) are not captured here; write v4l2:0 for one on USB, or rtsp://…';
  return /^\d{1,3}$/.test(number) ? undefined : `write the number of the camera, e.g. ${kind}:0`;
}

function captureSettings(flags: GivenFlags): Record<string, string | number> {
  const kilobits = Number(textOf(flags, 'max-bitrate'));
  return {
    size: `${Number(textOf(flags, 'width'))}x${Number(textOf(flags, 'height'))}`,
    fps: Number(textOf(flags, 'fps')),
    // Encoders are told whole steps of 100 kbit/s.
    ...(kilobits > 0 && { bitrate: Math.max(1, Math.round(kilobits / 100)) * 100_000 }),
  };
}

function withoutEffect(flags: GivenFlags, names: readonly string[], why: string): readonly string[] {
  return names.flatMap((name) => {
    const given = flags.get(name);
    return given === undefined ? [] : [`${given.at} has no effect: ${why}`];
  });
}
