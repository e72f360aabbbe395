import { type Micros, micros } from '@pinhole/core';

/** What the driver told of one buffer. */
export interface BufferLine {
  /** Counts every picture of the device, also those that nobody fetched. */
  readonly sequence: number;
  readonly sizeBytes: number;
  /** On the kernel's monotonic clock; undefined where the driver has no time, or one of another clock. */
  readonly monotonic: Micros | undefined;
  /** The driver says that it is damaged; it is not written out then, and neither is an empty one. */
  readonly written: boolean;
}

const LINE = /^cap dqbuf:\s*\d{1,4} seq:\s*(\d{1,10}) bytesused: (\d{1,10})(?:\/\d+)*(.*)$/;

/**
 * Reads a line that `v4l2-ctl --verbose` writes for each buffer, after it wrote the buffer itself:
 * `cap dqbuf: 2 seq:     41 bytesused: 51234 ts: 8123.456789 delta: 33.331 ms (ts-monotonic, ts-src-soe)`
 * @returns undefined for any other line.
 */
export function parseBufferLine(line: string): BufferLine | undefined {
  const match = LINE.exec(line);
  if (match === null) return undefined;
  const [, sequence = '', size = '', rest = ''] = match;
  const time = / ts: (\d{1,12})\.(\d{6})(?: |$)/.exec(rest);
  const known = time !== null && rest.includes('ts-monotonic') && !/^0+$/.test(`${time[1]}${time[2]}`);
  return {
    sequence: Number(sequence),
    sizeBytes: Number(size),
    monotonic: known ? micros(Number(time?.[1]) * 1_000_000 + Number(time?.[2])) : undefined,
    written: Number(size) > 0 && !/[(,]\s*error\b/.test(rest),
  };
}
