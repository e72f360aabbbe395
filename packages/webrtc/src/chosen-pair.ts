import { type Connection, StunProtocol } from 'werift';
import type { RemoteAddress } from './ice-socket.ts';

type CandidatePair = Connection['candidatePairs'][number];

/** werift's number for a pair whose check was answered (RFC 8445 §6.1.2.6); it keeps the names to itself. */
const SUCCEEDED = 3;

/**
 * The path that the peer chose last, after its first: werift keeps to the first one for good. It is used only once a
 * check of ours was answered on it: who signs requests may write anybody's address on them, and pictures would go there.
 * @see RFC 8445 §7.3.1.5 (a nomination waits for the check)
 */
export class ChosenPair {
  readonly #connection: Connection;
  readonly #changed: () => void;
  readonly #watched = new WeakSet<CandidatePair>();
  #latest: CandidatePair | undefined;

  /** @param changed is called when the connection has another pair. */
  constructor(connection: Connection, changed: () => void) {
    this.#connection = connection;
    this.#changed = changed;
  }

  /** The peer chose the path between one of our sockets and an address. */
  choose(protocol: StunProtocol, [host, port]: RemoteAddress): void {
    const { nominated, candidatePairs } = this.#connection;
    if (nominated?.protocol.type !== StunProtocol.type) return;
    const pair = candidatePairs.find(
      ({ protocol: own, remoteAddr }) => own === protocol && remoteAddr[0] === host && remoteAddr[1] === port,
    );
    this.#latest = pair;
    if (pair?.state === SUCCEEDED) this.#use(pair);
    else if (pair) this.#watch(pair);
  }

  #watch(pair: CandidatePair): void {
    if (this.#watched.has(pair)) return;
    this.#watched.add(pair);
    const update = pair.updateState.bind(pair);
    pair.updateState = (state) => {
      update(state);
      if (pair.state === SUCCEEDED && this.#latest === pair) this.#use(pair);
    };
  }

  #use(pair: CandidatePair): void {
    if (pair === this.#connection.nominated) return;
    this.#connection.nominated = pair;
    this.#changed();
  }
}
