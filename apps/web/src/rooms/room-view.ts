import type { ClockOffset } from '@pinhole/client';
import type { CameraCapabilities } from '@pinhole/client/rooms';
import { signal } from '@preact/signals';
import { RoomPicture } from './room-picture.ts';
import type { ViewState } from './view-state.ts';

/** So long may a camera that sends JPEG take to its first picture. */
const FIRST_JPEG_MS = 10_000;

/** Whether a camera says that it cannot do WebRTC, and can do pictures. */
function sendsJpegOnly(capabilities: CameraCapabilities | undefined): boolean {
  const transports = capabilities?.transports ?? [];
  return transports.length > 0 && !transports.includes('webrtc');
}

/** One camera that somebody watches. */
export class RoomView {
  readonly cameraId: string;
  readonly state = signal<ViewState>({ kind: 'waiting' });
  readonly picture: RoomPicture;
  #takes: 'stream' | 'jpeg' = 'stream';
  #late: ReturnType<typeof setTimeout> | undefined;

  constructor(cameraId: string, clock: ClockOffset) {
    this.cameraId = cameraId;
    this.picture = new RoomPicture(clock);
  }

  /** How its pictures come. */
  get takes(): 'stream' | 'jpeg' {
    return this.#takes;
  }

  /** It was asked for, and nothing is known yet. */
  asked(capabilities: CameraCapabilities | undefined): void {
    this.#takes = sendsJpegOnly(capabilities) ? 'jpeg' : 'stream';
    clearTimeout(this.#late);
    if (this.state.value.kind !== 'live') this.state.value = { kind: 'waiting' };
    if (this.#takes === 'stream') return;
    this.#late = setTimeout(() => {
      const reason = 'The camera sent no picture in time; it may be stopped.';
      if (this.state.value.kind === 'waiting') this.ended({ kind: 'rejected', why: 'no answer', reason });
    }, FIRST_JPEG_MS);
  }

  showStream(stream: MediaStream, connection: RTCPeerConnection | undefined): void {
    this.state.value = { kind: 'live' };
    this.picture.showStream(stream, connection);
  }

  showJpeg(jpeg: Uint8Array): void {
    clearTimeout(this.#late);
    if (this.state.value.kind !== 'live') this.state.value = { kind: 'live' };
    this.picture.showJpeg(jpeg);
  }

  /** No pictures come; the last one stays, marked as what it is. */
  ended(state: ViewState): void {
    clearTimeout(this.#late);
    this.state.value = state;
    this.picture.hold();
  }

  close(): void {
    clearTimeout(this.#late);
    this.picture.close();
  }
}
