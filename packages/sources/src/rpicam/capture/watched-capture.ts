import { type Abort, type Millis, millis } from '@pinhole/core';
import type { AccessUnit } from '@pinhole/engine';
import { StallWatch } from '../../stall-watch.ts';
import { isFinal, RpicamError, type RpicamFailure } from '../rpicam-code.ts';
import type { Capture } from './capture.ts';
import { type OpenCaptureOptions, openCapture } from './open-capture.ts';

/** What is captured, how patiently, and who is told. */
export interface WatchedCaptureOptions extends Omit<OpenCaptureOptions, 'write' | 'signal'> {
  /** No picture for so long means that the program hangs. Default 5 s. */
  readonly stallMs?: Millis | undefined;
  /** The first picture has to come within so long. Default 15 s: a Pi Zero takes a while. */
  readonly connectMs?: Millis | undefined;
  readonly signal: Abort;
  readonly opened: (capture: Capture) => void;
  /** The first picture came; `write` follows. */
  readonly live: () => void;
  readonly write: (unit: AccessUnit) => void;
}

/** How a capture ended. */
export interface CaptureEnd {
  readonly failure: RpicamFailure;
  /** It was given up because no picture came for too long. */
  readonly stalled: boolean;
  /** From the first picture to the end; undefined when there was none. */
  readonly livedMs?: Millis;
}

const DEFAULT_STALL_MS = millis(5_000);
const DEFAULT_CONNECT_MS = millis(15_000);

/** Captures until `signal` aborts, the program ends, or pictures stop coming; resolves when nothing is left of it. */
export async function watchCapture(options: WatchedCaptureOptions): Promise<CaptureEnd> {
  const { clock, signal, stallMs = DEFAULT_STALL_MS, connectMs = DEFAULT_CONNECT_MS } = options;
  const run = new AbortController();
  const stop = (): void => run.abort();
  signal.addEventListener('abort', stop);
  let stalled = false;
  let liveSince: Millis | undefined;
  const watch = new StallWatch({
    clock,
    limitMs: connectMs,
    stalled: () => {
      stalled = true;
      run.abort();
    },
  });
  const write = (unit: AccessUnit): void => {
    // What a program still says after it was told to end is of the settings before.
    if (run.signal.aborted) return;
    watch.feed(stallMs);
    if (liveSince === undefined) {
      liveSince = clock.monotonicNow();
      options.live();
    }
    options.write(unit);
  };
  try {
    const capture = await openCapture({ ...options, signal: run.signal, write });
    options.opened(capture);
    const failure = await capture.ended;
    const livedMs = liveSince === undefined ? undefined : millis(clock.monotonicNow() - liveSince);
    return {
      failure: stalled
        ? stallFailure(livedMs === undefined ? { connectMs } : { stallMs })
        : asLived(failure, livedMs),
      stalled,
      ...(livedMs !== undefined && { livedMs }),
    };
  } catch (thrown) {
    if (thrown instanceof RpicamError)
      return { failure: { code: thrown.code, why: thrown.message }, stalled: false };
    throw thrown;
  } finally {
    watch.stop();
    signal.removeEventListener('abort', stop);
  }
}

/** Settings that brought a picture were none that cannot. */
const asLived = (failure: RpicamFailure, livedMs: Millis | undefined): RpicamFailure =>
  livedMs !== undefined && isFinal(failure) ? { code: 'source/crashed', why: failure.why } : failure;

const stallFailure = (limit: { readonly connectMs?: Millis; readonly stallMs?: Millis }): RpicamFailure =>
  limit.stallMs === undefined
    ? {
        code: 'source/timeout',
        why: `no first picture within ${limit.connectMs} ms: restart the machine if that stays so`,
      }
    : {
        code: 'source/stalled',
        why: `no picture for ${limit.stallMs} ms: check the ribbon cable and the power supply`,
      };
