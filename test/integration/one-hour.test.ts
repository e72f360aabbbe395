import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Micros, micros, millis } from '@pinhole/core';
import { type AccessUnitSink, Stream } from '@pinhole/engine';
import { ntpToMicros } from '@pinhole/media/rtp';
import { parseLiveFrame } from '@pinhole/protocol/live';
import { SyntheticEncoder } from '@pinhole/sources/synthetic';
import { describe, expect, it } from 'vitest';
import { LiveEdge } from '../../packages/client/src/players/mse/live-edge.ts';
import { Track } from '../../packages/client/src/players/mse/track.ts';
import { LiveFraming } from '../../packages/outputs/src/live/framing.ts';
import { PacketizedStream } from '../../packages/outputs/src/webrtc/packetized-stream.ts';
import type { RtpRun } from '../../packages/outputs/src/webrtc/rtp-sender.ts';
import { ViewerRtp } from '../../packages/outputs/src/webrtc/viewer-rtp.ts';
import { FakeClock } from '../../packages/sources/src/fake-clock.ts';
import { UnitReader } from '../../packages/sources/src/rpicam/capture/unit-reader.ts';
import { Timeline } from '../../packages/sources/src/timeline.ts';

const FRAMES_PER_SECOND = 30;
const GOP = 60;
const MINUTES = 60;
const DRIFT_LIMIT_MS = 50;
/** A minute's garbage of a hundred thousand pictures is not what leaks. */
const GROWTH_LIMIT_BYTES = 8 * 2 ** 20;

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Pseudo-random numbers in [0, 1), the same each time. */
const randomFrom = (seed: number) => (): number => {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
};

/** One GOP of small real pictures, over and over. */
function gopOfPictures(): readonly Uint8Array[] {
  const encoder = new SyntheticEncoder({ width: 160, height: 120, framesPerSecond: FRAMES_PER_SECOND });
  return Array.from({ length: GOP }, (_, i) =>
    encoder.encode({ frameNumber: i, captureTime: micros(0), key: i === 0 }),
  );
}

/** A playhead as a browser's: it runs on by its own quartz, steered after each append. */
class Playhead {
  readonly #edge = new LiveEdge();
  readonly #shown: { readonly mediaMs: number; readonly capturedMs: number }[] = [];
  readonly #ppm: number;
  #positionMs: number | undefined;
  #rate = 1;
  #at = 0;
  stalls = 0;
  seeks = 0;

  constructor(ppm: number) {
    this.#ppm = ppm;
  }

  /** A picture was appended. @returns how old the picture under the playhead is. */
  append(
    mediaMs: number,
    options: { readonly capturedMs: number; readonly ptsMs: number; readonly nowMs: number },
  ): number {
    const { capturedMs, ptsMs, nowMs } = options;
    const now = millis(nowMs);
    this.#shown.push({ mediaMs, capturedMs });
    const passedMs = (nowMs - this.#at) * this.#rate * (1 + this.#ppm / 1e6);
    this.#at = nowMs;
    this.#positionMs = this.#positionMs === undefined ? mediaMs : this.#positionMs + passedMs;
    const newest = mediaMs + 1000 / FRAMES_PER_SECOND;
    if (this.#positionMs > newest) {
      this.#positionMs = newest;
      this.stalls++;
      this.#edge.stalled(now);
    }
    this.#edge.arrived(ptsMs, now);
    const action = this.#edge.steer({ aheadMs: newest - this.#positionMs, hole: false, seeking: false }, now);
    this.#rate = action.playbackRate;
    if (action.seekToAheadMs !== undefined) {
      this.seeks++;
      this.#positionMs = newest - action.seekToAheadMs;
    }
    const position = this.#positionMs;
    while ((this.#shown[1]?.mediaMs ?? Number.POSITIVE_INFINITY) <= position) this.#shown.shift();
    return nowMs - (this.#shown[0]?.capturedMs ?? nowMs);
  }
}

/** What one minute of a way was off by, in the mean. */
class Drift {
  readonly #sums: number[] = [];
  readonly #counts: number[] = [];

  note(minute: number, offMs: number): void {
    this.#sums[minute] = (this.#sums[minute] ?? 0) + offMs;
    this.#counts[minute] = (this.#counts[minute] ?? 0) + 1;
  }

  mean(minute: number): number {
    return (this.#sums[minute] ?? Number.NaN) / (this.#counts[minute] ?? 0);
  }

  /** The furthest that any minute is from the first whole one. */
  get furthestMs(): number {
    const first = this.mean(1);
    return Math.max(...this.#sums.slice(1).map((_, i) => Math.abs(this.mean(i + 1) - first)));
  }
}

/**
 * An hour of a camera in the time that its arithmetic takes. Accelerated is the clock: there is no camera, no socket and
 * no browser. Real is all that could drift or grow: the cutting and dating of pictures by the camera's own time stamps,
 * the stream and its GOP cache, RTP time with its history and sender reports, the messages of the live WebSocket, the
 * time line of the MSE track, and what steers the playhead. Three quartzes differ: the camera's, ours, the viewer's.
 */
describe('an hour at accelerated time', () => {
  it.each([
    ['a camera whose quartz is fast, a viewer whose quartz is slow', 80, -60],
    ['a camera whose quartz is slow, a viewer whose quartz is fast', -80, 60],
  ])('%s: nothing drifts, nothing grows', { timeout: 120_000 }, async (_name, cameraPpm, viewerPpm) => {
    const pictures = gopOfPictures();
    const random = randomFrom(7);
    const clock = new FakeClock();
    const stream = new Stream();
    const timeline = new Timeline();
    const packetized = new PacketizedStream();
    const track = new Track();
    const framing = new LiveFraming();
    const playhead = new Playhead(viewerPpm);
    const drifts = { 'capture time': new Drift(), 'RTP time': new Drift(), 'MSE delay': new Drift() };
    let run: RtpRun | undefined;
    let trueCapture = micros(0);
    let minute = 0;
    let units = 0;

    const rtp = new ViewerRtp({
      packetized,
      sender: {
        send: (sent) => {
          run = sent;
          return 0;
        },
        resend: () => {},
        close: () => {},
      },
      path: { queuedBytes: 0 },
      ssrc: 1,
      mid: '0',
      extensionIds: {},
      now: () => clock.utcNow(),
    });
    const offMs = (time: Micros): number => (time - trueCapture) / 1000;
    const mse: AccessUnitSink = {
      pressure: 0,
      write: (unit) => {
        const [message] = framing.frame(unit, { discontinuity: false, configChanged: false, catchUp: false });
        const frame = parseLiveFrame(message);
        const { mediaTime } = track.push(frame, { bFrames: false });
        const ageMs = playhead.append(mediaTime / 1000, {
          capturedMs: trueCapture / 1000,
          ptsMs: frame.pts / 1000,
          nowMs: clock.utcNow() / 1000,
        });
        drifts['MSE delay'].note(minute, ageMs);
      },
    };
    stream.attach(rtp, { now: () => clock.utcNow() });
    stream.attach(mse, { now: () => clock.utcNow() });
    const reader = new UnitReader({
      clock,
      stamped: true,
      write: (unit) => {
        units++;
        const placed = timeline.place(unit);
        drifts['capture time'].note(minute, offMs(placed.captureTime));
        stream.write(placed, clock.utcNow());
        const report = rtp.report(clock.utcNow());
        if (run === undefined || report === undefined) return;
        // As a browser reckons it: the last report's relation of the two clocks.
        const ticks = (run.timestamp - report.rtpTimestamp) | 0;
        drifts['RTP time'].note(minute, offMs(micros(ntpToMicros(report.ntp) + (ticks * 100) / 9)));
      },
    });

    const heapBytes: number[] = [];
    const startedAt = clock.utcNow();
    const intervalUs = 1e6 / FRAMES_PER_SECOND / (1 + cameraPpm / 1e6);
    for (let number = 0; number < MINUTES * 60 * FRAMES_PER_SECOND; number++) {
      trueCapture = micros(startedAt + 5_000 + number * intervalUs);
      // Encoding and the pipe take 10 ms and jitter; once in a while the machine is busy.
      const wayMs = 10 + 6 * random() + (random() < 0.002 ? 80 * random() : 0);
      clock.advance(Math.max(0, trueCapture / 1000 + wayMs - clock.utcNow() / 1000));
      minute = Math.floor((clock.utcNow() - startedAt) / 60e6);
      reader.push(pictures[number % GOP] ?? new Uint8Array());
      reader.stamp(micros(Math.round((number * 1e6) / FRAMES_PER_SECOND)));
      // The reader waits two turns for what the other pipe may hold.
      await new Promise((turn) => setImmediate(() => setImmediate(() => setImmediate(turn))));
      stream.tick(clock.utcNow());
      if (number % (60 * FRAMES_PER_SECOND) !== 0) continue;
      collectGarbage();
      heapBytes.push(process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers);
    }

    const summary = Object.entries(drifts).map(
      ([name, drift]) => `${name} ${drift.furthestMs.toFixed(1)} ms`,
    );
    const growth = Math.max(...heapBytes.slice(10)) - (heapBytes[5] ?? 0);
    console.log(
      `an hour, camera ${cameraPpm} ppm, viewer ${viewerPpm} ppm: ${summary.join(', ')}; ${(growth / 2 ** 20).toFixed(2)} MiB more; MSE ${drifts['MSE delay'].mean(1).toFixed(0)} ms, ${playhead.stalls} stalls, ${playhead.seeks} seeks`,
    );
    expect(units).toBe(MINUTES * 60 * FRAMES_PER_SECOND);
    expect(reader.stamped).toBe(true);
    for (const [name, drift] of Object.entries(drifts))
      expect([name, drift.furthestMs < DRIFT_LIMIT_MS]).toEqual([name, true]);
    expect(packetized.counters.timelineMoves).toBe(0);
    expect(stream.counters).toMatchObject({ units, lostBySource: 0, cacheOverflows: 0 });
    expect(stream.readerCounters.droppedBusy).toBe(0);
    expect(growth).toBeLessThan(GROWTH_LIMIT_BYTES);
  });
});
