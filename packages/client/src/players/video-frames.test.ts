import { expect, it } from 'vitest';
import { localTime } from '../clock/local-clock.ts';
import { watchFrames } from './video-frames.ts';

type Shown = Parameters<HTMLVideoElement['requestVideoFrameCallback']>[0];

/** A video element that shows a frame when the test says so. */
function fakeVideo(): {
  video: HTMLVideoElement;
  show: (now: number, expectedDisplayTime: number, presentationTime: number) => void;
} {
  let waiting: Shown | undefined;
  const video = {
    requestVideoFrameCallback: (callback: Shown) => {
      waiting = callback;
      return 1;
    },
    cancelVideoFrameCallback: () => {
      waiting = undefined;
    },
  };
  return {
    video: video as unknown as HTMLVideoElement,
    show: (now, expectedDisplayTime, presentationTime) =>
      waiting?.(now, {
        expectedDisplayTime,
        width: 640,
        height: 360,
        mediaTime: 0,
        presentedFrames: 1,
        presentationTime,
      }),
  };
}

it.each([
  ['when the browser expects it', 1_000, 1_016, 999, 1_016],
  ['a little before the callback on a busy page', 1_000, 980, 975, 980],
  ['not before the browser handed it on', 1_000, 985, 998, 998],
  ['now, where the browser dates it into the future after the page was hidden', 1_000, 3_117, 999, 1_000],
])('a frame is shown %s', (_when, now, expectedDisplayTime, presentationTime, shownAt) => {
  const { video, show } = fakeVideo();
  const times: number[] = [];
  const end = watchFrames(video, (frame) => times.push(frame.shownAt));

  show(now, expectedDisplayTime, presentationTime);
  end();
  show(now, expectedDisplayTime, presentationTime);

  expect(times).toEqual([localTime(shownAt)]);
});
