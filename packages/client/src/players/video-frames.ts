import type { Millis } from '@pinhole/core';
import { localNow, localTime } from '../clock/local-clock.ts';

/** One frame that a video element put on the screen. */
export interface VideoFrameShown {
  /** When it is on the screen, on the local clock. */
  readonly shownAt: Millis;
  readonly width: number;
  readonly height: number;
  /** Seconds on the element's time line. */
  readonly mediaTime: number;
  /** Frames shown so far. */
  readonly count: number;
  /** As sent, 32 bit; only for WebRTC. */
  readonly rtpTimestamp?: number;
}

/**
 * Calls `handle` at each frame that the element shows.
 * @returns a function that ends it
 */
export function watchFrames(video: HTMLVideoElement, handle: (frame: VideoFrameShown) => void): () => void {
  return 'requestVideoFrameCallback' in video ? watchByCallback(video, handle) : watchByCount(video, handle);
}

function watchByCallback(video: HTMLVideoElement, handle: (frame: VideoFrameShown) => void): () => void {
  let request = video.requestVideoFrameCallback(function shown(now, metadata) {
    request = video.requestVideoFrameCallback(shown);
    handle({
      shownAt: localTime(displayTime(now, metadata)),
      width: metadata.width,
      height: metadata.height,
      mediaTime: metadata.mediaTime,
      count: metadata.presentedFrames,
      ...(metadata.rtpTimestamp === undefined ? {} : { rtpTimestamp: metadata.rtpTimestamp }),
    });
  });
  return () => video.cancelVideoFrameCallback(request);
}

const LONGEST_WAY_TO_SCREEN_MS = 250;

/**
 * When the browser expects a frame on the screen, and never before it handed the frame on to be shown: for WebRTC it
 * expects frames at times of its own schedule, which may be past. After a page was hidden, Chromium 156 dates all frames
 * of a WebRTC stream into the future, by as long as it was hidden, although it shows them at once.
 */
function displayTime(
  now: DOMHighResTimeStamp,
  { expectedDisplayTime, presentationTime }: VideoFrameCallbackMetadata,
): DOMHighResTimeStamp {
  const shownAt = Math.max(expectedDisplayTime, presentationTime);
  return Math.abs(shownAt - now) > LONGEST_WAY_TO_SCREEN_MS ? now : shownAt;
}

/** For browsers without frame callbacks: looks at every animation frame whether the count of frames rose. */
function watchByCount(video: HTMLVideoElement, handle: (frame: VideoFrameShown) => void): () => void {
  let last = 0;
  let request = requestAnimationFrame(function look() {
    request = requestAnimationFrame(look);
    const { totalVideoFrames, droppedVideoFrames } = video.getVideoPlaybackQuality();
    const count = totalVideoFrames - droppedVideoFrames;
    if (count === last) return;
    last = count;
    const { videoWidth: width, videoHeight: height, currentTime: mediaTime } = video;
    handle({ shownAt: localNow(), width, height, mediaTime, count });
  });
  return () => cancelAnimationFrame(request);
}
