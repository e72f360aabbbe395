import type { Logger, Millis } from '@pinhole/core';
import type {
  Camera,
  Identity,
  PictureOutcome,
  PublisherEnd,
  PublisherSessions,
  PushedPictures,
} from '@pinhole/engine';
import { newPushCounters, type PushCounters } from './push-counters.ts';

/** What {@link PushService} works with. */
export interface PushServiceOptions {
  readonly publishers: Pick<PublisherSessions, 'push'>;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly log: Logger;
}

/** One who sends pictures. */
export interface Sender {
  /** Takes a picture; nobody may change its bytes any more. */
  write(jpeg: Uint8Array, sentAt?: string): PictureOutcome;
  /** It sends no more. May be called again. */
  leave(): void;
}

interface Letters {
  readonly who: string;
  readonly pushed: PushedPictures;
  lastAt: Millis;
}

/** Somebody who sends each picture in a request of its own keeps the place for so long after one. */
const LETTER_PLACE_MS = 5_000;

/** Lets those in who send pictures, on one connection or in one request each. */
export class PushService {
  readonly counters: PushCounters = newPushCounters();
  readonly #options: PushServiceOptions;
  readonly #letters = new Map<Camera, Letters>();

  constructor(options: PushServiceOptions) {
    this.#options = options;
  }

  /**
   * Lets one in who sends picture after picture.
   * @throws {PinholeError} `publish/occupied`, `publish/unsupported`
   */
  stream(camera: Camera, who: Identity, ended: (why: PublisherEnd) => void): Sender {
    // The same device that sent single pictures before.
    const letters = this.#letters.get(camera);
    if (letters?.who === nameOf(who)) this.#forget(camera, 'left');
    const pushed = this.#options.publishers.push(camera, who, { ended });
    this.counters.connections++;
    return {
      write: (jpeg, sentAt) => this.#note(pushed.write(jpeg, sentAt)),
      leave: () => pushed.close('left'),
    };
  }

  /**
   * Lets one in who sends a single picture now; the place is kept for the next for some seconds.
   * @throws {PinholeError} `publish/occupied`, `publish/unsupported`
   */
  single(camera: Camera, who: Identity): Sender {
    this.counters.connections++;
    const letters = this.#lettersOf(camera, who);
    return {
      write: (jpeg, sentAt) => {
        letters.lastAt = this.#options.now();
        return this.#note(letters.pushed.write(jpeg, sentAt));
      },
      leave: () => {},
    };
  }

  /** Gives back places that were kept in vain. Called a few times a second. */
  tick(): void {
    const now = this.#options.now();
    for (const [camera, { lastAt }] of this.#letters)
      if (now - lastAt >= LETTER_PLACE_MS) this.#forget(camera, 'silent');
  }

  #lettersOf(camera: Camera, who: Identity): Letters {
    const known = this.#letters.get(camera);
    if (known?.who === nameOf(who)) return known;
    const pushed = this.#options.publishers.push(camera, who, {
      ended: () => {
        if (this.#letters.get(camera) === letters) this.#letters.delete(camera);
      },
    });
    const letters: Letters = { who: nameOf(who), pushed, lastAt: this.#options.now() };
    this.#letters.set(camera, letters);
    return letters;
  }

  #forget(camera: Camera, why: PublisherEnd): void {
    const letters = this.#letters.get(camera);
    this.#letters.delete(camera);
    letters?.pushed.close(why);
  }

  #note(outcome: PictureOutcome): PictureOutcome {
    switch (outcome) {
      case 'taken':
        this.counters.picturesTaken++;
        break;
      case 'not-jpeg':
        this.counters.picturesNotJpeg++;
        break;
      case 'too-large':
        this.counters.picturesTooLarge++;
        break;
      case 'too-often':
        this.counters.picturesTooOften++;
        break;
      case 'ended':
    }
    return outcome;
  }
}

/** Who sends: the same token from the same address. */
const nameOf = ({ tokenId, address }: Identity): string => `${tokenId} ${address}`;
