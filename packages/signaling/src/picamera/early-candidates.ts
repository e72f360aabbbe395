import { type Micros, micros } from '@pinhole/core';
import type { DeviceLimits } from './device-limits.ts';

/** A candidate of a client, as far as it matters here. */
export interface ClientCandidate {
  /** `candidate:…` */
  readonly text: string;
  /** The ICE user name of the offer that it belongs to, where the client says so. */
  readonly username: string | undefined;
}

/** Candidates whose offer has not come: MQTT keeps no order between topics. Bounded in number, length and age. */
export class EarlyCandidates {
  readonly #limits: Pick<DeviceLimits, 'earlyCandidates' | 'earlyCharacters' | 'earlyAge'>;
  #kept: { readonly candidate: ClientCandidate; readonly until: Micros }[] = [];

  constructor(limits: Pick<DeviceLimits, 'earlyCandidates' | 'earlyCharacters' | 'earlyAge'>) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#kept.length;
  }

  /** @returns false when it was let go, as too much waits. */
  keep(candidate: ClientCandidate, now: Micros): boolean {
    const { earlyCandidates, earlyCharacters, earlyAge } = this.#limits;
    const characters = this.#kept.reduce((sum, kept) => sum + kept.candidate.text.length, 0);
    if (this.#kept.length >= earlyCandidates || characters + candidate.text.length > earlyCharacters)
      return false;
    this.#kept.push({ candidate, until: micros(now + earlyAge) });
    return true;
  }

  /** Hands over those that belong to an offer with these user names: all that do not say otherwise. */
  take(usernames: ReadonlySet<string>): readonly ClientCandidate[] {
    const mine = this.#kept.filter(
      ({ candidate: { username } }) => username === undefined || usernames.has(username),
    );
    this.#kept = this.#kept.filter((kept) => !mine.includes(kept));
    return mine.map(({ candidate }) => candidate);
  }

  /** Lets go of those that waited too long. @returns how many. */
  expire(now: Micros): number {
    const before = this.#kept.length;
    this.#kept = this.#kept.filter(({ until }) => now < until);
    return before - this.#kept.length;
  }
}
