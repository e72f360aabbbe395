import { MalformedError, type Millis } from '@pinhole/core';
import { peekSlot, slotFile, slotHolders } from '@pinhole/native';
import { identifySlot } from '@pinhole/protocol/memsink';
import type { SourceClock } from '../clock.ts';
import { StallWatch } from '../stall-watch.ts';
import { UstreamerError } from './ustreamer-error.ts';

/** What is watched over. */
export interface QuietWatchOptions {
  readonly name: string;
  readonly clock: SourceClock;
  readonly limitMs: Millis;
  /** Told after so long without a frame, and again as long as none comes. */
  readonly quiet: (why: UstreamerError) => void;
}

/** Notices that nobody writes into a slot, and finds out why. */
export class QuietWatch {
  readonly #options: QuietWatchOptions;
  #watch: StallWatch;
  #frames = 0;
  #stopped = false;

  constructor(options: QuietWatchOptions) {
    this.#options = options;
    this.#watch = this.#wait();
  }

  /** A frame came. */
  feed(): void {
    this.#frames++;
    this.#watch.feed(this.#options.limitMs);
  }

  /** Ends watching. */
  stop(): void {
    this.#stopped = true;
    this.#watch.stop();
  }

  #wait(): StallWatch {
    const { clock, limitMs } = this.#options;
    return new StallWatch({ clock, limitMs, stalled: () => void this.#tell() });
  }

  async #tell(): Promise<void> {
    const { name, limitMs, quiet } = this.#options;
    const frames = this.#frames;
    this.#watch = this.#wait();
    const why = await whyQuiet(name, limitMs);
    if (!this.#stopped && frames === this.#frames) quiet(why);
  }
}

async function whyQuiet(name: string, limitMs: Millis): Promise<UstreamerError> {
  const begin = `no frame came into ${slotFile(name)} for ${limitMs / 1000} s, `;
  const damage = damageOf(name);
  if (damage !== undefined)
    return new UstreamerError('source/stalled', `${begin}and ${damage}: start µStreamer again`);
  const { programs, hidden } = await slotHolders(name);
  if (programs.length > 0)
    return new UstreamerError(
      'source/stalled',
      `${begin}although its writer is alive: ${programs.join(', ')}. Look at its log: its capture device or its encoder gives nothing`,
    );
  if (hidden)
    return new UstreamerError(
      'source/stalled',
      `${begin}and no writer can be seen from here, as programs of other users cannot be looked into: check that µStreamer runs`,
    );
  return new UstreamerError(
    'source/stalled',
    `${begin}and its writer is gone: no program has it open. Start µStreamer again`,
  );
}

/** What is wrong with the object itself. */
function damageOf(name: string): string | undefined {
  try {
    const { prefix, size } = peekSlot(name);
    identifySlot(prefix, size);
    return undefined;
  } catch (thrown) {
    return thrown instanceof MalformedError ? thrown.message : undefined;
  }
}
