import { type Logger, PinholeError } from '@pinhole/core';
import { type AudioFrame, isRawAudio, type OpenSoundStage, type SourceAudioFrame } from '@pinhole/engine';
import { type AudioEncoder, type AudioTarget, openAudioEncoder } from '@pinhole/ffmpeg';

/** What becomes of a camera's sound. */
export const AUDIO_MODES = ['off', 'auto', 'aac', 'opus'] as const;

/**
 * `off` leaves sound out, `auto` takes AAC and Opus as they come and makes AAC of anything else, `aac` and `opus` make
 * that of everything.
 */
export type AudioMode = (typeof AUDIO_MODES)[number];

/** How a camera's sound is dealt with. */
export interface CameraSoundOptions {
  readonly mode: AudioMode;
  /** Names the camera in every line. */
  readonly log: Logger;
}

/** What stands between a camera's sound and its stream: nothing, a door that is shut, or an encoder. */
export const cameraSound =
  ({ mode, log }: CameraSoundOptions): OpenSoundStage =>
  (write) => {
    if (mode === 'off') return { write: () => {}, close: () => {} };
    const encoding = new Encoding(mode === 'opus' ? 'opus' : 'aac', { write, log });
    return {
      write: (frame) => {
        if (isRawAudio(frame) || (mode !== 'auto' && frame.parameters.codec !== mode)) encoding.push(frame);
        else write(frame);
      },
      close: () => encoding.close(),
    };
  };

/** An encoder that is there from the first frame on that needs one. */
class Encoding {
  readonly #to: AudioTarget;
  readonly #write: (frame: AudioFrame) => void;
  readonly #log: Logger;
  #encoder: AudioEncoder | undefined;
  #over = false;

  constructor(
    to: AudioTarget,
    { write, log }: { readonly write: (frame: AudioFrame) => void; readonly log: Logger },
  ) {
    this.#to = to;
    this.#write = write;
    this.#log = log;
  }

  push(frame: SourceAudioFrame): void {
    if (this.#over) return;
    this.#encoder ??= this.#open(frame);
    this.#encoder?.write(frame);
  }

  close(): void {
    this.#over = true;
    const encoder = this.#encoder;
    this.#encoder = undefined;
    if (encoder === undefined) return;
    if (encoder.counters.taken > 0) this.#log.debug({ ...encoder.counters }, 'audio encoder closed');
    void encoder.close();
  }

  #open({ parameters: { codec, sampleRate, channels } }: SourceAudioFrame): AudioEncoder | undefined {
    try {
      const encoder = openAudioEncoder({
        to: this.#to,
        write: this.#write,
        failed: (why) => this.#giveUp(why),
        log: this.#log,
      });
      this.#log.info({ from: codec, to: this.#to, sampleRate, channels }, 'sound is encoded here');
      return encoder;
    } catch (thrown) {
      if (!(thrown instanceof PinholeError)) throw thrown;
      this.#giveUp(thrown);
      return undefined;
    }
  }

  #giveUp({ code, message }: PinholeError): void {
    this.#over = true;
    this.#log.warn({ code, why: message }, 'camera is without sound: it cannot be encoded here');
  }
}
