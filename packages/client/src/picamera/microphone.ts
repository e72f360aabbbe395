import { messageOf } from '@pinhole/core';
import { PiCameraError } from './picamera-error.ts';
import type { PiCameraPlatform } from './platform.ts';

/** The microphone of one viewer: asked for when it is wanted, never waited for, and let go in the end. */
export class Microphone {
  readonly #platform: Pick<PiCameraPlatform, 'openMicrophone'>;
  readonly #handle: {
    readonly track: (track: MediaStreamTrack) => void;
    readonly error: (error: PiCameraError) => void;
  };
  #stream: MediaStream | undefined;
  #asked = false;
  #on = false;
  #closed = false;

  constructor(
    platform: Pick<PiCameraPlatform, 'openMicrophone'>,
    handle: {
      readonly track: (track: MediaStreamTrack) => void;
      readonly error: (error: PiCameraError) => void;
    },
  ) {
    this.#platform = platform;
    this.#handle = handle;
  }

  /** What is spoken into, once it may be used. */
  get track(): MediaStreamTrack | undefined {
    return this.#stream?.getAudioTracks()[0];
  }

  /** On or off; the first time that it is on, the person is asked. */
  toggle(state: 'on' | 'off'): void {
    this.#on = state === 'on';
    if (this.track) this.track.enabled = this.#on;
    else if (this.#on && !this.#asked && !this.#closed) void this.#ask();
  }

  /** Lets it go. May be called again. */
  close(): void {
    this.#closed = true;
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = undefined;
  }

  async #ask(): Promise<void> {
    this.#asked = true;
    try {
      const stream = await this.#platform.openMicrophone();
      this.#stream = stream;
      if (this.#closed) this.close();
      else if (this.track) {
        this.track.enabled = this.#on;
        this.#handle.track(this.track);
      }
    } catch (cause) {
      // Asked again when it is wanted again: people change their minds, and plug things in.
      this.#asked = false;
      if (this.#closed) return;
      const message = `no microphone: ${messageOf(cause)}`;
      this.#handle.error(new PiCameraError('picamera/microphone', message, { cause }));
    }
  }
}
