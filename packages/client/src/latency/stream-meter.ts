import { type Millis, micros, microsToMillis, millis } from '@pinhole/core';
import type { ClockOffset } from '../clock/clock-offset.ts';
import { type VideoFrameShown, watchFrames } from '../players/video-frames.ts';
import { type LatencySummary, LatencyWindow } from './latency-window.ts';
import { RtpAnchor } from './rtp-anchor.ts';

/** What a receiver tells of the pictures that it gave on last; `captureTimestamp` is not in the DOM types yet. */
export interface CaptureReport {
  readonly rtpTimestamp: number;
  /** Sender's clock, ms since 1900 (NTP); only where the sender stamps its pictures with abs-capture-time. */
  readonly captureTimestamp?: number;
}

/** What a meter works with. */
export interface StreamMeterOptions {
  /** Shows the stream. */
  readonly video: HTMLVideoElement;
  /** Of the connection that brings it: `receiver.getSynchronizationSources()`. */
  readonly reports: () => readonly CaptureReport[];
  /** How far the clock that the sender goes by is from this page's. */
  readonly clock: Pick<ClockOffset, 'estimate' | 'serverTime'>;
  readonly watch?: typeof watchFrames;
}

/** From 1900, where NTP begins, to 1970. */
const NTP_TO_UNIX_MS = 2_208_988_800_000;
/** A clock that is further off than this is not set; its delay would be nonsense. */
const LONGEST_DELAY_MS = 60_000;

/**
 * What a video element paints of a WebRTC stream from anywhere: how many frames, the last one when, and the delay from
 * capture to paint where the sender stamps its pictures (abs-capture-time). That delay is as true as the sender's clock.
 */
export class StreamMeter {
  readonly #options: StreamMeterOptions;
  readonly #anchor = new RtpAnchor();
  readonly #window = new LatencyWindow();
  readonly #unwatch: () => void;
  #painted = 0;
  #lastPaintedAt: Millis | undefined;

  constructor(options: StreamMeterOptions) {
    this.#options = options;
    const { watch = watchFrames, video } = options;
    this.#unwatch = watch(video, (frame) => this.#shown(frame));
  }

  /** Frames that reached the screen. */
  get painted(): number {
    return this.#painted;
  }

  /** When the last one did, on the local clock; undefined before the first. */
  get lastPaintedAt(): Millis | undefined {
    return this.#lastPaintedAt;
  }

  /** Capture to paint; undefined where the sender does not say when its pictures were captured. */
  get latency(): LatencySummary | undefined {
    const { estimate } = this.#options.clock;
    return estimate && this.#window.summary(estimate.confidenceMs);
  }

  /** Another stream is shown from now on. */
  restart(): void {
    this.#window.clear();
  }

  /** May be called again. */
  close(): void {
    this.#unwatch();
  }

  #shown({ shownAt, rtpTimestamp }: VideoFrameShown): void {
    this.#painted++;
    this.#lastPaintedAt = shownAt;
    const [report] = this.#options.reports();
    if (report?.captureTimestamp === undefined || rtpTimestamp === undefined) return;
    this.#anchor.set({
      rtpTimestamp: report.rtpTimestamp,
      captureTime: micros((report.captureTimestamp - NTP_TO_UNIX_MS) * 1000),
    });
    const captureTime = this.#anchor.captureTime(rtpTimestamp);
    const paintedAt = this.#options.clock.serverTime(shownAt);
    if (captureTime === undefined || paintedAt === undefined) return;
    const delayMs = microsToMillis(micros(paintedAt - captureTime));
    if (delayMs > 0 && delayMs < LONGEST_DELAY_MS) this.#window.add(millis(delayMs));
  }
}
