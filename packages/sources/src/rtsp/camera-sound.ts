import { type Logger, type Millis, millis } from '@pinhole/core';
import type { AccessUnit, SourceAudioFrame } from '@pinhole/engine';
import type { SourceClock } from '../clock.ts';
import { addAudioCounters } from '../rtp/audio-receiver.ts';
import { AudioTimeline } from '../rtp/audio-timeline.ts';
import { NO_SOUND_COUNTERS, type SoundTrackCounters } from './session/sound-track.ts';

/** What came of a camera's sound since the source was made. */
export interface RtspSoundCounters extends SoundTrackCounters {
  /** Connections that brought pictures alone though sound was wanted: there is none, or the camera refused it. */
  readonly missing: number;
  /** Connections that were given up for asking for sound, and made again without. */
  readonly broke: number;
}

/** A camera that could not bear to be asked for sound is not asked again for so long. */
const PAUSE_MS = millis(600_000);

/** Whether a camera is asked for its sound, and the place of that on the time line of the source. */
export class CameraSound {
  readonly #wanted: boolean;
  readonly #clock: SourceClock;
  readonly #log: Logger;
  #timeline = new AudioTimeline();
  #pausedUntil: Millis = millis(Number.NEGATIVE_INFINITY);
  #told: string | undefined;
  #ended: SoundTrackCounters = NO_SOUND_COUNTERS;
  #counters = { missing: 0, broke: 0, droppedEarly: 0 };

  constructor(options: { readonly audio: 'off' | 'on'; readonly clock: SourceClock; readonly log: Logger }) {
    this.#wanted = options.audio === 'on';
    this.#clock = options.clock;
    this.#log = options.log;
  }

  /** Whether the next connection is to ask for it. */
  get audio(): 'off' | 'on' {
    return this.#wanted && this.#clock.monotonicNow() >= this.#pausedUntil ? 'on' : 'off';
  }

  /** @param current of the connection that there is now */
  countersWith(current: SoundTrackCounters): RtspSoundCounters {
    const { missing, broke, droppedEarly } = this.#counters;
    return {
      ...addAudioCounters(this.#ended, current),
      droppedEarly: this.#ended.droppedEarly + current.droppedEarly + droppedEarly,
      missing,
      broke,
    };
  }

  /** A connection begins. */
  join(): void {
    this.#timeline = new AudioTimeline();
  }

  /** The frame on the line of the pictures; undefined before the first one. */
  place(frame: SourceAudioFrame, picture: AccessUnit | undefined): SourceAudioFrame | undefined {
    if (picture !== undefined) return this.#timeline.place(frame, picture);
    this.#counters.droppedEarly++;
    return undefined;
  }

  /** The camera has none, or refused it. */
  missing(why: string): void {
    this.#counters.missing++;
    this.#tell(why);
  }

  /** Asking for it ended the connection. */
  broke(why: string): void {
    this.#counters.broke++;
    this.#pausedUntil = millis(this.#clock.monotonicNow() + PAUSE_MS);
    this.#tell(why);
  }

  /** A connection ended. A camera that showed nothing while it was asked for sound is tried without, and vice versa. */
  ended(connection: {
    readonly asked: 'off' | 'on';
    readonly hadSound: boolean;
    readonly showedPictures: boolean;
    readonly counters: SoundTrackCounters;
  }): void {
    const { counters } = connection;
    this.#ended = {
      ...addAudioCounters(this.#ended, counters),
      droppedEarly: this.#ended.droppedEarly + counters.droppedEarly,
    };
    if (!this.#wanted || connection.showedPictures) return;
    if (connection.asked === 'off') this.#pausedUntil = millis(Number.NEGATIVE_INFINITY);
    else if (connection.hadSound) this.broke('with it no picture came');
  }

  #tell(why: string): void {
    if (this.#told === why) return;
    this.#told = why;
    this.#log.warn({ why }, 'camera is received without sound');
  }
}
