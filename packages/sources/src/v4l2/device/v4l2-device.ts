/** A pixel format by its four characters, with what FFmpeg calls it where we know what to do with it. */
export interface V4l2Format {
  /** As the driver writes it: `MJPG`, `YUYV`, `H264`, … */
  readonly fourcc: string;
  /** As the driver describes it: `Motion-JPEG`, … */
  readonly label: string;
  readonly sizes: readonly V4l2Size[];
}

/** A size of pictures, or a range of sizes, with the picture rates that it has. */
export interface V4l2Size {
  readonly width: number;
  readonly height: number;
  /** Any size from `width`×`height` up to this one; absent where there is just the one. */
  readonly upTo?: {
    readonly width: number;
    readonly height: number;
    readonly stepX: number;
    readonly stepY: number;
  };
  /** Pictures a second, as listed; where a range is listed, its ends. Empty where the driver tells none. */
  readonly rates: readonly number[];
  /** `rates` are the two ends of a range. */
  readonly anyRate?: true;
}

/** One thing of a device that can be changed. */
export interface V4l2Control {
  /** As `v4l2-ctl` writes it: `white_balance_temperature`. */
  readonly name: string;
  /** `User Controls`, `Camera Controls`, `Codec Controls`, … */
  readonly heading: string;
  readonly type: 'int' | 'bool' | 'menu' | 'button';
  readonly min: number;
  readonly max: number;
  readonly step: number;
  readonly default: number;
  readonly value: number;
  /** `inactive`, `read-only`, `grabbed`, … */
  readonly flags: readonly string[];
  /** Menus only. */
  readonly options: readonly { readonly value: number; readonly label: string }[];
}

/** What a device node tells about itself. */
export interface V4l2Device {
  /** The node, as it was asked for. */
  readonly path: string;
  /** Kernel driver: `uvcvideo`, `bcm2835 mmal`, … */
  readonly driver: string;
  /** What the maker calls it. */
  readonly card: string;
  /** Where it is connected: `usb-0000:00:14.0-1`, `platform:…`. */
  readonly bus: string;
  /** What this node (not the whole device) can do: `Video Capture`, `Metadata Capture`, … */
  readonly capabilities: readonly string[];
  readonly formats: readonly V4l2Format[];
  readonly controls: readonly V4l2Control[];
}

/**
 * Whether a node gives pictures of a camera or of a capture device: not metadata, not an output, and not a codec, which
 * gives back what it was given.
 */
export const isCamera = ({ capabilities, formats }: V4l2Device): boolean =>
  capabilities.some((each) => /^Video Capture(?: Multiplanar)?$/.test(each)) &&
  !capabilities.some((each) => each.startsWith('Video Memory-to-Memory')) &&
  formats.some(({ sizes }) => sizes.length > 0);
