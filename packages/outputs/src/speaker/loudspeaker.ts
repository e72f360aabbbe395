import { Backoff, type Logger, millis } from '@pinhole/core';
import { SoundPlayer, type SoundSink } from '@pinhole/ffmpeg';

/** What became of the mixed sound, in milliseconds where nothing else is said. */
export interface LoudspeakerCounters {
  readonly playedMs: number;
  /** Came while there was no device: unplugged, taken by another program, or not there yet. */
  readonly deviceMissingMs: number;
  /** The device does not keep up. */
  readonly deviceSlowMs: number;
  /** Times the device was lost. */
  readonly deviceLosses: number;
}

/** Played before the first sample, so that the device does not run dry at once. */
const LEAD_SAMPLES = 48 * 60;
const RETRY = { firstMs: millis(500), maxMs: millis(10_000) };

/** A sound device that may be unplugged and come back; open only while there is something to play. */
export class Loudspeaker {
  readonly #sink: SoundSink;
  readonly #command: string | undefined;
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #backoff = new Backoff(RETRY);
  #player: SoundPlayer | undefined;
  #leaving: Promise<void> = Promise.resolve();
  #retryAtMs = Number.NEGATIVE_INFINITY;
  #lost = false;
  #playedSinceOpenMs = 0;
  readonly #counters = { playedMs: 0, deviceMissingMs: 0, deviceSlowMs: 0, deviceLosses: 0 };

  constructor(
    sink: SoundSink,
    options: { readonly command?: string; readonly log: Logger; readonly now: () => number },
  ) {
    this.#sink = sink;
    this.#command = options.command;
    this.#log = options.log;
    this.#now = options.now;
  }

  get counters(): LoudspeakerCounters {
    return { ...this.#counters };
  }

  /** Plays samples now, or leaves them out and counts them. */
  play(samples: Int16Array): void {
    const lengthMs = samples.length / 48;
    const player = this.#player ?? this.#open();
    if (player === undefined) this.#counters.deviceMissingMs += lengthMs;
    else if (!player.write(samples)) this.#counters.deviceSlowMs += lengthMs;
    else {
      this.#counters.playedMs += lengthMs;
      this.#heard(lengthMs);
    }
  }

  /** Gives the device back until there is something to play again. A file goes on where it is. */
  rest(): void {
    if (this.#sink.kind === 'alsa') void this.close();
  }

  /** Gives the device back; resolves when it is free. */
  close(): Promise<void> {
    const player = this.#player;
    this.#player = undefined;
    if (player) this.#leaving = Promise.all([this.#leaving, player.close()]).then(() => {});
    return this.#leaving;
  }

  /** A device that took sound for a second is there. */
  #heard(lengthMs: number): void {
    this.#playedSinceOpenMs += lengthMs;
    if (this.#playedSinceOpenMs < 1000) return;
    this.#backoff.reset();
    if (this.#lost) this.#log.info({ ...this.#sink }, 'viewers are heard again');
    this.#lost = false;
  }

  #open(): SoundPlayer | undefined {
    if (this.#now() < this.#retryAtMs) return undefined;
    try {
      const player: SoundPlayer = new SoundPlayer({
        sink: this.#sink,
        failed: (why) => {
          if (this.#player === player) this.#fail(why);
        },
        ...(this.#command !== undefined && { command: this.#command }),
      });
      this.#player = player;
      this.#playedSinceOpenMs = 0;
      player.write(new Int16Array(LEAD_SAMPLES));
      return player;
    } catch (thrown) {
      this.#fail(thrown instanceof Error ? thrown : new Error(String(thrown)));
      return undefined;
    }
  }

  #fail(why: Error): void {
    this.#player = undefined;
    this.#counters.deviceLosses++;
    this.#retryAtMs = this.#now() + this.#backoff.next();
    const fields = { ...this.#sink, why: why.message };
    if (this.#lost) this.#log.debug(fields, 'the loudspeaker is still not there');
    else
      this.#log.warn(
        fields,
        'viewers are not heard: the loudspeaker is not there; trying again while they talk',
      );
    this.#lost = true;
  }
}
