/** Width and height of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Where a walk stands: it wants more bytes, it came to the end of the image, or this is no JPEG. */
export type JpegStep = 'more' | 'end' | 'broken';

const FF = 0xff;
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;

/**
 * Walks through a JPEG image from marker to marker, as its bytes come, to find where it ends.
 *
 * ```
 * FF D8 │ FF xx length … │ FF xx length … │ FF DA length … coded data … │ FF D9
 *  SOI      segments, passed over by length       scan, FF 00 and FF D0…D7 inside   EOI
 * ```
 *
 * The lengths keep it out of the segments, in which another whole image may lie (the thumbnail of an Exif segment).
 * @see ITU-T T.81 §B.1.1
 */
export class JpegWalk {
  #at = 0;
  #inScan = false;
  #size: PictureSize | undefined;

  /** Offset of the next byte to be looked at: behind the image at its end, at what is wrong where it is broken. */
  get offset(): number {
    return this.#at;
  }

  /** What the frame header tells, once it was passed; undefined also where it tells no size. */
  get size(): PictureSize | undefined {
    return this.#size;
  }

  /** Goes on. `bytes` begins with the image and holds all that was shown before, and more. */
  advance(bytes: Uint8Array): JpegStep {
    for (;;) {
      const step = this.step(bytes);
      if (step !== 'segment') return step;
    }
  }

  /** Goes on by one segment at most. */
  step(bytes: Uint8Array): JpegStep | 'segment' {
    if (this.#at === 0) return this.#start(bytes);
    return this.#inScan ? this.#scan(bytes) : this.#segment(bytes);
  }

  #start(bytes: Uint8Array): JpegStep | 'segment' {
    const [first = FF, second = SOI] = bytes;
    if (first !== FF || second !== SOI) return 'broken';
    if (bytes.byteLength < 2) return 'more';
    this.#at = 2;
    return 'segment';
  }

  #segment(bytes: Uint8Array): JpegStep | 'segment' {
    const at = this.#at;
    if (at >= bytes.byteLength) return 'more';
    if (bytes[at] !== FF) return 'broken';
    const marker = bytes[at + 1];
    if (marker === undefined) return 'more';
    if (marker === FF) return this.#pass(1); // any marker may be led by fill bytes
    if (marker === EOI) return this.#end();
    if (marker === 0 || marker === SOI) return 'broken';
    if (standsAlone(marker)) return this.#pass(2);
    const [high, low] = [bytes[at + 2], bytes[at + 3]];
    if (high === undefined || low === undefined) return 'more';
    const length = high * 256 + low;
    if (length < 2) return 'broken';
    if (isFrameHeader(marker)) {
      if (bytes.byteLength < at + FRAME_SIZE_END) return 'more';
      this.#size ??= sizeAt(bytes, at);
    }
    this.#inScan = marker === SOS;
    return this.#pass(2 + length);
  }

  #scan(bytes: Uint8Array): JpegStep | 'segment' {
    for (;;) {
      const at = bytes.indexOf(FF, this.#at);
      if (at === -1) {
        this.#at = Math.max(this.#at, bytes.byteLength);
        return 'more';
      }
      this.#at = at;
      const next = bytes[at + 1];
      if (next === undefined) return 'more';
      if (next === EOI) return this.#end();
      if (next === SOI) return 'broken'; // the next image: this one was cut off
      if (next === FF) this.#at = at + 1;
      else if (next >= FIRST_MARKER && !standsAlone(next)) {
        this.#inScan = false;
        return 'segment';
      } else this.#at = at + 2; // a stuffed byte, a restart marker, or a flaw that decoders get over
    }
  }

  #pass(bytes: number): 'segment' {
    this.#at += bytes;
    return 'segment';
  }

  #end(): 'end' {
    this.#at += 2;
    return 'end';
  }
}

/** What lies below is reserved, and is not what a camera writes between two scans. */
const FIRST_MARKER = 0xc0;
/** Marker, length, precision, height and width. */
const FRAME_SIZE_END = 9;

/** Markers without a segment: TEM and RST0 to RST7. */
const standsAlone = (marker: number): boolean => marker === TEM || (marker >= 0xd0 && marker <= 0xd7);

/** SOF0 to SOF15; DHT, JPG and DAC lie among them. */
const isFrameHeader = (marker: number): boolean =>
  marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;

function sizeAt(bytes: Uint8Array, at: number): PictureSize | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_SIZE_END);
  const [height, width] = [view.getUint16(5), view.getUint16(7)];
  return width === 0 || height === 0 ? undefined : { width, height };
}
