import type { HarnessPage } from '../../test/support/harness/harness.ts';

/** How a page watches. */
export type Watching = Omit<Parameters<HarnessPage['watch']>[1], 'camera' | 'token'>;

/** By which means a page watches, for tables. */
export const WAYS = [
  { name: 'WebRTC', watching: { transports: ['webrtc'] } },
  { name: 'WebSocket, WebCodecs', watching: { transports: ['websocket'], players: ['webcodecs'] } },
  { name: 'WebSocket, MSE', watching: { transports: ['websocket'], players: ['mse'] } },
] as const satisfies readonly { readonly name: string; readonly watching: Watching }[];

/** How long a viewer waited for its first painted frame. */
export interface FirstFrame {
  /** From the moment when the player was opened. */
  readonly openMs: number;
  /** From the moment when the browser was asked for an offer; undefined without WebRTC. */
  readonly offerMs: number | undefined;
  readonly frameNumber: number;
  /** UTC milliseconds. */
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

/** Lets the page note when players are opened and offers made. To be called once a page. */
export async function noteTimes({ page }: HarnessPage): Promise<void> {
  await page.evaluate(() => {
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

/** Opens a viewer, waits for its first frame, and closes it. */
export async function watchFirstFrame(
  harness: HarnessPage,
  camera: string,
  watching: Watching,
): Promise<FirstFrame> {
  const name = `viewer ${++lastViewer}`;
  await harness.watch(name, { camera, ...watching });
  const { firstFrameMs, frames } = await harness.until(name, ({ frames }) => frames.length > 0);
  const { openedAt, offeredAt } = await harness.page.evaluate(
    () => (window as never as MeasuredWindow).times,
  );
  await harness.stopWatching(name);
  const [first] = frames;
  if (!first || firstFrameMs === undefined) throw new Error('a first frame without its time');
  return {
    openMs: firstFrameMs,
    offerMs: offeredAt === undefined ? undefined : firstFrameMs - (offeredAt - openedAt),
    frameNumber: first.frameNumber,
    paintedAt: first.paintedAt,
  };
}
