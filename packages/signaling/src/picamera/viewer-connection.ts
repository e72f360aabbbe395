import type { ViewerState } from '@pinhole/engine';
import type { ClientOffer } from './client-offer.ts';
import type { ViewerService } from './viewer-service.ts';

/** More candidates than a browser has for one offer are not told apart any more. */
const MAX_REMEMBERED = 256;

/** One connection of a client, from the offer that it began with. */
export class ViewerConnection {
  readonly service: ViewerService;
  /** The last offer that was answered on it. */
  offer: ClientOffer;
  /** The session's, once it is answered. */
  id: string | undefined;
  state: ViewerState['kind'] = 'connecting';
  /** Our own candidates, as they were told. */
  readonly told = new Set<string>();
  readonly #taken = new Set<string>();

  constructor(offer: ClientOffer, service: ViewerService) {
    this.offer = offer;
    this.service = service;
  }

  /** @returns whether it is the first time that this candidate comes: on two families, all come twice. */
  takes(candidate: string): boolean {
    if (this.#taken.has(candidate)) return false;
    if (this.#taken.size < MAX_REMEMBERED) this.#taken.add(candidate);
    return true;
  }

  /** @returns whether an offer is of the same connection of the browser, and may be answered on this one. */
  isMeantBy({ side, families }: ClientOffer): boolean {
    const longLived = families.has('offer') || this.offer.families.has('offer');
    return longLived && this.state !== 'closed' && side.connection === this.offer.side.connection;
  }
}
