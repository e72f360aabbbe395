import type { IceCredentials } from '@pinhole/protocol/whep';

/** What WHIP and WHEP themselves must remember of a session, beside what the engine knows. */
export interface Negotiation {
  /** Names the current ICE generation, without quotes. */
  entityTag: string;
  /** The peer's own ICE credentials of this generation. */
  offered: IceCredentials;
  /** The peer's last offer, SDP. */
  offer: string;
  /** Candidates the peer has added so far. */
  candidates: number;
}

/** Negotiations by session id. Those whose session has ended are forgotten as new ones come. */
export class Negotiations {
  readonly #byId = new Map<string, Negotiation>();
  readonly #isOpen: (id: string) => boolean;

  constructor(isOpen: (id: string) => boolean) {
    this.#isOpen = isOpen;
  }

  /** Negotiations remembered now. */
  get size(): number {
    return this.#byId.size;
  }

  get(id: string): Negotiation | undefined {
    return this.#byId.get(id);
  }

  add(id: string, negotiation: Negotiation): void {
    for (const known of this.#byId.keys()) {
      if (!this.#isOpen(known)) this.#byId.delete(known);
    }
    this.#byId.set(id, negotiation);
  }

  delete(id: string): void {
    this.#byId.delete(id);
  }
}
