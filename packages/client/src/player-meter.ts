import { type Micros, type Millis, micros, microsToMillis, millis } from '@pinhole/core';
import type { LiveServerMessage } from '@pinhole/protocol/live';
import type { ClockOffset } from './clock/clock-offset.ts';
import { type LatencySummary, LatencyWindow } from './latency/latency-window.ts';
import { isNewer } from './liveness/camera-progress.ts';
import type { PathReport } from './paths/path-report.ts';
import type { PicturePath } from './paths/picture-path.ts';
import { type DeliveryCounts, type PictureDelivery, type PlayerStats, statsBetween } from './player-stats.ts';
import type { PaintedFrame } from './players/player.ts';
import { present } from './present.ts';

type ToldDelivery = Pick<
  Extract<LiveServerMessage, { type: 'delivery' }>,
  'stream' | 'pictures' | 'why' | 'counts'
>;

/** Counts what one player does, across its paths. */
export class PlayerMeter {
  readonly #clock: ClockOffset;
  readonly #latency = new LatencyWindow();
  #openedAt: Millis | undefined;
  #firstFrameMs: Millis | undefined;
  #lastFrame: PaintedFrame | undefined;
  #newestCapture: Micros | undefined;
  #freezeCount = 0;
  #shows = 0;
  #delivery: PictureDelivery | undefined;
  #deliveryCounts: DeliveryCounts | undefined;
  #last: { readonly path: PicturePath; readonly at: Millis; readonly report: PathReport } | undefined;
  #stats: PlayerStats | undefined;

  constructor(clock: ClockOffset) {
    this.#clock = clock;
  }

  /** The last frame that was painted. */
  get lastFrame(): PaintedFrame | undefined {
    return this.#lastFrame;
  }

  /** The last statistics; `undefined` before there were two reports of one path. */
  get stats(): PlayerStats | undefined {
    return this.#stats;
  }

  /** Capture to paint over the last frames. */
  get latency(): LatencySummary | undefined {
    return this.#latency.summary(this.#clock.estimate?.confidenceMs ?? millis(0));
  }

  /** The time to the first frame counts from here. */
  opened(now: Millis): void {
    this.#openedAt ??= now;
  }

  /**
   * A frame of the path on the page was painted.
   * @returns capture to paint, where capture time and clock are known
   */
  painted(frame: PaintedFrame): Millis | undefined {
    this.#lastFrame = frame;
    if (this.#openedAt !== undefined) this.#firstFrameMs ??= millis(frame.paintedAt - this.#openedAt);
    const server = this.#clock.serverTime(frame.paintedAt);
    if (server === undefined || frame.captureTime === undefined) return undefined;
    const latencyMs = microsToMillis(micros(Math.max(0, server - frame.captureTime)));
    // A server sends its last pictures once more to a new connection; only their first showing tells the delay.
    if (this.#newestCapture === undefined || isNewer(frame.captureTime, this.#newestCapture)) {
      this.#newestCapture = frame.captureTime;
      this.#latency.add(latencyMs);
    }
    return latencyMs;
  }

  /** The picture froze. */
  froze(): void {
    this.#freezeCount++;
  }

  /** The server sends this of the picture from now on. */
  delivered({ stream, pictures, why, counts }: ToldDelivery): void {
    const isAll = stream === 'main' && pictures === 'all';
    this.#delivery = isAll ? undefined : { stream, pictures, ...present({ why }) };
    this.#deliveryCounts = counts;
  }

  /** Another path is shown: its latency is another one. */
  shown(): void {
    this.#shows++;
    this.#latency.clear();
  }

  /** Asks a path for its report. */
  async measure(path: PicturePath, now: Millis): Promise<PlayerStats | undefined> {
    const report = await path.report();
    const { latency } = this;
    const before = this.#last;
    this.#last = { path, at: now, report };
    if (before?.path !== path) return this.#stats;
    this.#stats = statsBetween(before.report, report, {
      elapsedMs: now - before.at,
      context: {
        transport: path.transport,
        player: path.player,
        freezeCount: this.#freezeCount,
        switches: Math.max(0, this.#shows - 1),
        ...present({
          latency,
          firstFrameMs: this.#firstFrameMs,
          roundTripMs: this.#clock.estimate?.roundTripMs,
          ...(path.transport === 'webrtc' && {
            delivery: this.#delivery,
            deliveryCounts: this.#deliveryCounts,
          }),
        }),
      },
    });
    return this.#stats;
  }
}
