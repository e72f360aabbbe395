import { MalformedError, micros } from '@pinhole/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FfmpegError } from './failure.ts';
import { FlvReader } from './flv-reader.ts';
import { H264Units } from './h264-units.ts';
import { ReportReader } from './worker/messages.ts';

const RUNS = { numRuns: 3_000, seed: 7 };
const bytes = fc.uint8Array({ maxLength: 200 });

/** What came of `read`; what it throws has to be a documented error, all else goes on. */
function outcome(read: () => unknown): 'read' | 'refused' {
  try {
    read();
    return 'read';
  } catch (thrown) {
    if (thrown instanceof MalformedError || thrown instanceof FfmpegError) return 'refused';
    throw thrown;
  }
}

/** What came of `read` for thousands of inputs. */
const outcomes = (read: (...inputs: readonly Uint8Array[]) => unknown): ReadonlySet<string> => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(bytes, bytes, (...inputs) => {
      seen.add(outcome(() => read(...inputs)));
    }),
    RUNS,
  );
  return seen;
};

const NONE = new Uint8Array();
const FLV_HEADER = [0x46, 0x4c, 0x56, 1, 1, 0, 0, 0, 9];

describe('any bytes at all are read, or refused with a documented error', () => {
  it('as FLV, with and without a header', () => {
    expect(outcomes((body = NONE) => [...new FlvReader().push(body)])).toContain('refused');
    expect(
      outcomes((body = NONE) => [...new FlvReader().push(Uint8Array.of(...FLV_HEADER, ...body))]),
    ).toContain('read');
  });

  it('as a report of the worker', () => {
    const short = (body: Uint8Array): Uint8Array => Uint8Array.of(0, 0, 0, body.byteLength, ...body);

    expect(outcomes((body = NONE) => [...new ReportReader().push(short(body))])).toContain('refused');
    expect(outcomes((body = NONE) => [...new ReportReader().push(body)])).toContain('read');
  });

  it('as set-up bytes and as packets', () => {
    const units = (extradata: Uint8Array, data: Uint8Array): unknown => {
      const reader = new H264Units();
      reader.configure(extradata);
      return reader.unit({ data, captureTime: micros(0) });
    };

    expect(outcomes((extradata = NONE, data = NONE) => units(extradata, data))).toContain('read');
    expect(outcomes((rest = NONE, data = NONE) => units(Uint8Array.of(1, ...rest), data))).toContain(
      'refused',
    );
  });
});
