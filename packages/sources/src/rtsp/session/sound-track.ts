import { MalformedError, messageOf, micros, millis } from '@pinhole/core';
import type { SourceAudioFrame } from '@pinhole/engine';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import type { InterleavedFrame, RtspResponse } from '@pinhole/protocol/rtsp';
import type { ClockOffsets } from '../../capture-times.ts';
import type { SourceClock } from '../../clock.ts';
import { type AudioCounters, AudioReceiver, NO_AUDIO_COUNTERS } from '../../rtp/audio-receiver.ts';
import { randomRtcpName } from '../../rtp/rtp-receiver.ts';
import { soundOffset } from '../../rtp/sound-clock.ts';
import { soundDepacketizerFor } from '../../rtp/sound-depacketizer.ts';
import type { DescribedAudio } from './described-audio.ts';
import { MediaChannel } from './media-channel.ts';
import type { RtspClient } from './rtsp-client.ts';
import type { RtspConnection } from './rtsp-connection.ts';
import { HandOver, RtspError } from './rtsp-error.ts';

/** What became of sound. */
export interface SoundTrackCounters extends AudioCounters {
  /** Frames that came before the first picture. */
  readonly droppedEarly: number;
}

/** None of anything. */
export const NO_SOUND_COUNTERS: SoundTrackCounters = { ...NO_AUDIO_COUNTERS, droppedEarly: 0 };

/** Asking for the sound cost the connection: pictures are to be asked for anew, alone. */
export class SoundBroke extends Error {
  override readonly name: string = 'SoundBroke';
}

/** The pictures that a sound belongs to. */
export interface SoundSurroundings {
  readonly clock: SourceClock;
  readonly write: (frame: SourceAudioFrame) => void;
  /** What the pictures' time line reads; undefined before they are set up. */
  readonly videoOffsets: () => ClockOffsets | undefined;
}

/** A camera that lets us wait longer for an answer about its sound shall show its pictures without it. */
const PATIENCE_MS = millis(1_500);

/** The sound beside the pictures of one session. It never costs more of them than the wait for one answer. */
export class SoundTrack {
  readonly #surroundings: SoundSurroundings;
  readonly #channel = new MediaChannel<AudioReceiver>([2, 3]);
  #picture: Pick<DemuxedUnit, 'pts' | 'captureTime'> | undefined;
  #droppedEarly = 0;

  constructor(surroundings: SoundSurroundings) {
    this.#surroundings = surroundings;
  }

  get counters(): SoundTrackCounters {
    const counters = this.#channel.receiver?.counters ?? NO_AUDIO_COUNTERS;
    const foreign = counters.foreign + this.#channel.foreign;
    return { ...counters, foreign, droppedEarly: this.#droppedEarly };
  }

  /**
   * Asks for it, between SETUP of the pictures and PLAY.
   * @returns why there is none, when there is none
   * @throws {SoundBroke} when the connection is of no use any more
   */
  async setUp(
    { client, connection }: { readonly client: RtspClient; readonly connection: RtspConnection },
    audio: DescribedAudio,
    transport: 'tcp' | 'udp',
  ): Promise<string | undefined> {
    let header: string;
    try {
      header = await this.#channel.offer(connection, transport);
    } catch (thrown) {
      return messageOf(thrown);
    }
    const response = await this.#ask(client, audio.trackUrl, header);
    if (typeof response === 'string') return response;
    try {
      this.#channel.accept(response, ({ ssrc }) => this.#open(audio, ssrc));
      return undefined;
    } catch (thrown) {
      if (thrown instanceof HandOver || thrown instanceof RtspError || thrown instanceof MalformedError) {
        return thrown.message;
      }
      throw thrown;
    }
  }

  /** A picture came: the newest. */
  picture(unit: Pick<DemuxedUnit, 'pts' | 'captureTime'>): void {
    this.#picture = unit;
  }

  /** Takes what came on the connection. @returns whether it was sound */
  frame(frame: InterleavedFrame): boolean {
    return this.#channel.frame(frame);
  }

  /** Tells the camera how its packets come. */
  report(): void {
    this.#channel.report();
  }

  /** Ends it. */
  close(): void {
    this.#channel.close();
  }

  async #ask(client: RtspClient, url: string, header: string): Promise<RtspResponse | string> {
    let cancel = (): void => {};
    const late = new Promise<never>((_, reject) => {
      cancel = this.#surroundings.clock.after(PATIENCE_MS, () =>
        reject(new SoundBroke(`the camera did not answer within ${PATIENCE_MS} ms when asked for it`)),
      );
    });
    const asked = client.request('SETUP', url, [['Transport', header]]);
    asked.catch(() => {}); // of interest only as long as it was not too late
    try {
      const response = await Promise.race([asked, late]);
      if (response.status >= 200 && response.status < 300) return response;
      return `the camera refused it (SETUP: ${response.status})`;
    } catch (thrown) {
      if (thrown instanceof SoundBroke) throw thrown;
      if (thrown instanceof RtspError && thrown.code === 'source/unauthorized') return thrown.message;
      throw new SoundBroke(`asking for it ended the connection: ${messageOf(thrown)}`, { cause: thrown });
    } finally {
      cancel();
    }
  }

  #open({ format }: DescribedAudio, ssrc: number | undefined): AudioReceiver {
    const receiver: AudioReceiver = new AudioReceiver({
      depacketizer: soundDepacketizerFor(format),
      payloadType: format.payloadType,
      ssrc,
      own: randomRtcpName(),
      clock: this.#surroundings.clock,
      write: (frame) => this.#write(frame, receiver.offsets),
    });
    return receiver;
  }

  /** Dates it on the clock that dated the pictures, whichever that was. */
  #write(frame: SourceAudioFrame, offsets: ClockOffsets): void {
    const { videoOffsets, write } = this.#surroundings;
    const video = videoOffsets();
    const offset = video && soundOffset(offsets, video);
    const picture = this.#picture;
    if (picture === undefined || offset === undefined) {
      this.#droppedEarly++;
      return;
    }
    const captureTime = micros(picture.captureTime + frame.pts + offset - picture.pts);
    write({ ...frame, captureTime });
  }
}
