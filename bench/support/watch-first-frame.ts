import type { HarnessPage } from '../../test/support/harness/harness.ts';
import { notePictures, takeNoted } from './picture-times.ts';

/** How a page watches. */
export type Watching = Omit<Parameters<HarnessPage['watch']>[1], 'camera' | 'token'>;

/** By which means a page watches, for tables. */
export const WAYS = [
  { name: 'WebRTC', watching: { transports: ['webrtc'] } },
  { name: 'WebSocket, WebCodecs', watching: { transports: ['websocket'], players: ['webcodecs'] } },
  { name: 'WebSocket, MSE', watching: { transports: ['websocket'], players: ['mse'] } },
] as const satisfies readonly { readonly name: string; readonly watching: Watching }[];

/** How long a viewer waited for its first picture. */
export interface FirstFrame {
  /** From the opening of the player to the picture on the screen, by the browser's account. */
  readonly paintedMs: number;
  /** From the browser's being asked for an offer until the page was told of the picture; undefined without WebRTC. */
  readonly offerToSeenMs: number | undefined;
  /** Read off one of the first pictures, and when that was on the screen; UTC milliseconds. */
  readonly frameNumber: number;
  readonly paintedAt: number;
}

interface Times {
  openedAt: number;
  offeredAt: number | undefined;
}

type MeasuredWindow = Window & {
  harness: { watch(this: void, name: string, options: never): void };
  times: Times;
};

/** Lets the page note when players are opened, offers made and pictures shown. To be called once a page. */
export async function noteTimes(harness: HarnessPage): Promise<void> {
  await notePictures(harness);
  await harness.page.evaluate(() => {
    const measured = window as never as MeasuredWindow;
    const { watch } = measured.harness;
    measured.harness.watch = (name, options) => {
      measured.times = { openedAt: performance.now(), offeredAt: undefined };
      watch(name, options);
    };
    window.RTCPeerConnection = class extends RTCPeerConnection {
      override createOffer(options?: unknown): Promise<never> {
        measured.times.offeredAt ??= performance.now();
        return super.createOffer(options as RTCOfferOptions) as Promise<never>;
      }
    };
  });
}

let lastViewer = 0;

/** Opens a viewer, waits until a picture with a time code was read off the page, and closes it. */
export async function watchFirstFrame(
  harness: HarnessPage,
  camera: string,
  watching: Watching,
): Promise<FirstFrame> {
  const name = `viewer ${++lastViewer}`;
  await takeNoted(harness);
  await harness.watch(name, { camera, ...watching });
  const { frames } = await harness.until(name, (watched) => watched.frames.length > 0);
  const { openedAt, offeredAt } = await harness.page.evaluate(
    () => (window as never as MeasuredWindow).times,
  );
  await harness.stopWatching(name);
  const [picture] = await takeNoted(harness);
  const [frame] = frames;
  if (!picture || !frame) throw new Error('a first picture that was not noted');
  return {
    paintedMs: picture.paintedAt - openedAt,
    offerToSeenMs: offeredAt === undefined ? undefined : picture.seenAt - offeredAt,
    frameNumber: frame.frameNumber,
    paintedAt: frame.paintedAt,
  };
}
