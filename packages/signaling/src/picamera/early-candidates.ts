import { type Micros, micros } from '@pinhole/core';
import type { DeviceLimits } from './device-limits.ts';

/** A candidate of a client, as far as it matters here. */
export interface ClientCandidate {
  /** `candidate:…` */
  readonly text: string;
  /** The ICE user name of the offer that it belongs to, where the client says so. */
  readonly username: string | undefined;
}

/**
 * Whether a candidate that is kept was given to the connection that there is: `given`, its offer may still come; `new`,
 * there is none yet.
 */
export type KeptAs = 'new' | 'given';

interface KeptCandidate {
  readonly candidate: ClientCandidate;
  readonly as: KeptAs;
  readonly until: Micros;
}

/** Candidates whose offer has not come: MQTT keeps no order between topics. Bounded in number, length and age. */
export class EarlyCandidates {
  readonly #limits: Pick<DeviceLimits, 'earlyCandidates' | 'earlyCharacters' | 'earlyAge'>;
  #kept: KeptCandidate[] = [];

  constructor(limits: Pick<DeviceLimits, 'earlyCandidates' | 'earlyCharacters' | 'earlyAge'>) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.length;
  }

  /** @returns false when it was let go, as too much waits. */
  keep(candidate: ClientCandidate, as: KeptAs, now: Micros): boolean {
    const { earlyCandidates, earlyCharacters, earlyAge } = this.#limits;
    const characters = this.#kept.reduce((sum, kept) => sum + kept.candidate.text.length, 0);
    if (this.#kept.length >= earlyCandidates || characters + candidate.text.length > earlyCharacters)
      return false;
    this.#kept.push({ candidate, as, until: micros(now + earlyAge) });
    return true;
  }

  /**
   * Hands over those that belong to an offer with these user names. The names that a new candidate has are not looked
   * at: Chromium's candidates from a pool (`iceCandidatePoolSize`) have names of their own, which are in no offer.
   */
  take(usernames: ReadonlySet<string>): readonly ClientCandidate[] {
    const mine = this.#kept.filter(
      ({ candidate: { username }, as }) =>
        as === 'new' || (username !== undefined && usernames.has(username)),
    );
    this.#kept = this.#kept.filter((kept) => !mine.includes(kept));
    return mine.map(({ candidate }) => candidate);
  }

  /** Lets go of all. @returns how many were new. */
  clear(): number {
    const lost = this.#kept.filter(({ as }) => as === 'new').length;
    this.#kept = [];
    return lost;
  }

  /** Lets go of those that waited too long. @returns how many of them were new. */
  expire(now: Micros): number {
    const late = this.#kept.filter(({ until }) => now >= until);
    this.#kept = this.#kept.filter(({ until }) => now < until);
    return late.filter(({ as }) => as === 'new').length;
  }
}
