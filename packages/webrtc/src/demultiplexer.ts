import type { DatagramListener, RemoteAddress } from './ice-socket.ts';
import { localUfragOf, stunClassOf, transactionOf } from './stun-header.ts';

/** Addresses at which one peer is known at a time. */
const MAX_ADDRESSES = 32;

/** Peers that proved to be behind one address: a NAT may give it to the next while the one before is not given up yet. */
const MAX_SHARERS = 4;

/** Requests of ours that wait for their response, all peers together. */
const MAX_TRANSACTIONS = 16_384;

/** No response is waited for as long: ICE gives a check 1.6 s, a STUN server 6.4 s. */
const TRANSACTION_MS = 10_000;

/** An ICE agent behind a shared port. */
export interface PortMember {
  /** What its peer calls it by. Nobody else's at the same port. */
  readonly ufrag: string;
  /** The same object for all agents of one connection: after a restart of ICE the latest agent is its. */
  readonly connection: object;
  readonly receive: DatagramListener;
}

/** What became of datagrams that came to a shared port. */
export interface DemultiplexerCounters {
  /** From strangers, for nobody here; never answered. */
  unknown: number;
  /** Requests with the name of a peer's and not its signature. */
  unproven: number;
}

/**
 * Tells whose a datagram is that came to a port which many peers share.
 *
 * A STUN request names its agent, a response has the number of the request. All else is by the address that it comes
 * from, and an address is a peer's only once it sent a signed request or response from there. Others cannot take it away:
 * whoever else proves to be there, too, hears the same datagrams, and encryption tells them apart.
 *
 * @see RFC 8445 §7.3 (requests), RFC 8489 §6.3, RFC 7983
 */
export class Demultiplexer {
  readonly #now: () => number;
  readonly #members = new Map<string, PortMember>();
  readonly #byAddress = new Map<string, PortMember[]>();
  /** For each member its addresses, the one that was silent longest first. */
  readonly #addresses = new Map<PortMember, Set<string>>();
  /** By number of the request, the oldest first. */
  readonly #transactions = new Map<string, { readonly ufrag: string; readonly atMs: number }>();
  readonly #counters: DemultiplexerCounters = { unknown: 0, unproven: 0 };

  /** @param now milliseconds of a clock that only goes forward */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  get counters(): Readonly<DemultiplexerCounters> {
    return this.#counters;
  }

  get members(): number {
    return this.#members.size;
  }

  /** Addresses and requests that are kept: for watching that they stay few. */
  get kept(): { readonly addresses: number; readonly transactions: number } {
    return { addresses: this.#byAddress.size, transactions: this.#transactions.size };
  }

  /** Takes an agent in. */
  join(member: PortMember): void {
    if (this.#members.has(member.ufrag)) throw new Error('two agents with one ufrag');
    this.#members.set(member.ufrag, member);
    this.#addresses.set(member, new Set());
  }

  /** Forgets all about an agent. */
  leave(member: PortMember): void {
    if (this.#members.get(member.ufrag) !== member) return;
    this.#members.delete(member.ufrag);
    for (const address of this.#addresses.get(member) ?? []) this.#vacate(address, member);
    this.#addresses.delete(member);
    for (const [number, { ufrag }] of this.#transactions) {
      if (ufrag === member.ufrag) this.#transactions.delete(number);
    }
  }

  /** To be told of what an agent sends: the response to a request of its is its. */
  sent(member: PortMember, datagram: Uint8Array): void {
    if (stunClassOf(datagram) !== 'request') return;
    const atMs = this.#now();
    const number = transactionOf(datagram);
    // Sent again, it is the youngest.
    this.#transactions.delete(number);
    this.#transactions.set(number, { ufrag: member.ufrag, atMs });
    for (const [oldest, { atMs: sentAtMs }] of this.#transactions) {
      if (this.#transactions.size <= MAX_TRANSACTIONS && sentAtMs > atMs - TRANSACTION_MS) break;
      this.#transactions.delete(oldest);
    }
  }

  /** Hands a datagram to whose it is, or drops it. */
  receive(datagram: Buffer, from: RemoteAddress): void {
    switch (stunClassOf(datagram)) {
      case 'request':
        this.#receiveRequest(datagram, from);
        break;
      case 'success':
      case 'error':
        this.#receiveResponse(datagram, from);
        break;
      case 'indication':
      case undefined:
        this.#receiveOther(datagram, from);
    }
  }

  /** The agent that a connectivity check is for. */
  memberOf(request: Uint8Array): PortMember | undefined {
    const ufrag = localUfragOf(request);
    return ufrag === undefined ? undefined : this.#members.get(ufrag);
  }

  #receiveRequest(datagram: Buffer, from: RemoteAddress): void {
    const member = this.memberOf(datagram);
    if (!member) this.#counters.unknown++;
    else if (!member.receive(datagram, from)) this.#counters.unproven++;
    else this.#occupy(from.join(' '), member);
  }

  #receiveResponse(datagram: Buffer, from: RemoteAddress): void {
    const transaction = this.#transactions.get(transactionOf(datagram));
    const isLate = !transaction || transaction.atMs <= this.#now() - TRANSACTION_MS;
    const member = isLate ? undefined : this.#members.get(transaction.ufrag);
    if (!member) this.#counters.unknown++;
    // A peer that makes no checks of its own proves by this that it is there.
    else if (member.receive(datagram, from)) this.#occupy(from.join(' '), member);
  }

  #receiveOther(datagram: Buffer, from: RemoteAddress): void {
    const members = this.#byAddress.get(from.join(' '));
    if (!members) {
      this.#counters.unknown++;
      return;
    }
    const [first, ...others] = members;
    // What one has taken it may have changed.
    const copies = others.map((member) => ({ member, copy: Buffer.from(datagram) }));
    first?.receive(datagram, from);
    for (const { member, copy } of copies) member.receive(copy, from);
  }

  /** Something that the peer signed came from there. */
  #occupy(address: string, member: PortMember): void {
    // It may have left by what it heard.
    const own = this.#addresses.get(member);
    if (!own) return;
    const there = this.#byAddress.get(address) ?? [];
    if (!there.includes(member)) {
      const before = there.findIndex(({ connection }) => connection === member.connection);
      const replaced = there[before];
      if (replaced) {
        this.#addresses.get(replaced)?.delete(address);
        there[before] = member;
      } else if (there.length < MAX_SHARERS) {
        there.push(member);
      } else {
        this.#counters.unproven++;
        return;
      }
      this.#byAddress.set(address, there);
    }
    own.delete(address);
    own.add(address);
    const [oldest] = own;
    if (own.size > MAX_ADDRESSES && oldest !== undefined) {
      own.delete(oldest);
      this.#vacate(oldest, member);
    }
  }

  #vacate(address: string, member: PortMember): void {
    const left = (this.#byAddress.get(address) ?? []).filter((one) => one !== member);
    if (left.length > 0) this.#byAddress.set(address, left);
    else this.#byAddress.delete(address);
  }
}
