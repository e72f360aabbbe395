import JMuxer from 'jmuxer';
import { PaintedFrames, type SeenFrame } from '../harness/painted-frames.ts';

/** What the page showed so far. */
export interface RaspicamReport {
  /** Since the last report. */
  readonly frames: readonly SeenFrame[];
  readonly messages: number;
  readonly textMessages: number;
  readonly firstFrameMs: number | undefined;
}

/**
 * What raspicam's own page does, and nothing else: a video element, jMuxer without buffering, a WebSocket to `/ws/` of the
 * page's host, without a token; messages that come while the page is hidden are thrown away.
 */
function openRaspicamPage(): () => RaspicamReport {
  const video = document.createElement('video');
  video.controls = true;
  video.autoplay = true;
  video.muted = true;
  document.body.append(video);
  const muxer = new JMuxer({ node: video, mode: 'video', flushingTime: 0 });
  const socket = new WebSocket(`ws://${location.host}/ws/`);
  socket.binaryType = 'arraybuffer';
  let messages = 0;
  let textMessages = 0;
  socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
    messages++;
    if (!(data instanceof ArrayBuffer)) textMessages++;
    else if (!document.hidden) muxer.feed({ video: new Uint8Array(data) });
  });
  const painted = new PaintedFrames(() => video);
  painted.open();
  return () => ({ frames: painted.take(), messages, textMessages, firstFrameMs: painted.firstFrameMs });
}

Object.assign(window, { raspicamReport: openRaspicamPage() });
