/** A way in which a sensor can be read out. */
export interface RpicamMode {
  readonly width: number;
  readonly height: number;
  /** Bits a sample. */
  readonly bits?: number;
  /** At most. */
  readonly framesPerSecond?: number;
  /** As the setting `mode` takes it. */
  readonly setting: string;
}

/** A camera as `--list-cameras` tells it. */
export interface ListedCamera {
  readonly number: number;
  /** The sensor: `imx708`. */
  readonly model: string;
  /** Where it is connected: `/base/soc/i2c0mux/i2c@1/imx708@1a`. */
  readonly id: string;
  /** The whole sensor, where told. */
  readonly width?: number;
  readonly height?: number;
  readonly modes: readonly RpicamMode[];
}

const CAMERA = /^\s*(?<number>\d+)\s*:\s*(?<model>\S+)\s*(?:\[(?<sensor>[^\]]*)\])?\s*\((?<id>[^)]*)\)\s*$/;
const FORMAT = /'(?<format>\w+)'\s*:/;
const MODE = /(\d+)x(\d+)(?:\s*\[(\d+(?:\.\d+)?)\s*fps[^\]]*\])?(?=\s|$)/g;

/**
 * Reads what `rpicam-vid --list-cameras` and its forerunners print. Lines that are something else (a log, a heading) are
 * passed over; older programs tell no frame rates, and all sizes of a format in one line.
 */
export function parseCameraList(text: string): readonly ListedCamera[] {
  const cameras: { camera: Omit<ListedCamera, 'modes'>; modes: RpicamMode[] }[] = [];
  let bits: number | undefined;
  for (const line of text.split(/\r?\n/)) {
    const head = CAMERA.exec(line)?.groups;
    if (head !== undefined) {
      cameras.push({ camera: cameraOf(head), modes: [] });
      bits = undefined;
      continue;
    }
    const format = FORMAT.exec(line);
    if (format !== null) bits = bitsOf(format.groups?.['format'] ?? '');
    const isModeLine = format !== null || /^\s+\d+x\d+/.test(line);
    if (isModeLine)
      cameras.at(-1)?.modes.push(...modesOf(line.slice(format ? format.index + format[0].length : 0), bits));
  }
  return cameras.map(({ camera, modes }) => ({ ...camera, modes }));
}

function cameraOf(head: Readonly<Record<string, string | undefined>>): Omit<ListedCamera, 'modes'> {
  const size = /(\d+)x(\d+)/.exec(head['sensor'] ?? '');
  return {
    number: Number(head['number']),
    model: head['model'] ?? '',
    id: head['id'] ?? '',
    ...(size !== null && { width: Number(size[1]), height: Number(size[2]) }),
  };
}

/** `SRGGB10_CSI2P`, `R8`, `SBGGR16`: the number in it. */
function bitsOf(format: string): number | undefined {
  const digits = /^[A-Z]+(\d+)/.exec(format)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function modesOf(text: string, bits: number | undefined): readonly RpicamMode[] {
  // The crop behind each mode has a size too.
  return [...text.replaceAll(/\/\d+x\d+ crop/g, '').matchAll(MODE)].map(([, width, height, rate]) => ({
    width: Number(width),
    height: Number(height),
    ...(bits !== undefined && { bits }),
    ...(rate !== undefined && { framesPerSecond: Number(rate) }),
    setting: `${width}:${height}${bits === undefined ? '' : `:${bits}`}`,
  }));
}
