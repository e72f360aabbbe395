import { type Logger, PinholeError } from '@pinhole/core';
import { hasAddress } from './host-addresses.ts';
import type { IceSocket } from './ice-socket.ts';
import { PortDoor, type SharedPortCounters } from './port-door.ts';
import type { AgentName } from './shared-udp.ts';

/** How the port that all peers share is opened. */
export interface SharedPortOptions {
  /** Of UDP and TCP; 0: any that is free. */
  readonly port: number;
  /** When another program has it: refuse to start, or warn and take any that is free. Default `refuse`. */
  readonly whenTaken?: 'refuse' | 'take-another';
  /** Whether peers may come by TCP, too. Default `on`. */
  readonly tcp?: 'on' | 'off';
  /** Local addresses to bind at once; others are bound when a peer needs them. */
  readonly addresses: readonly string[];
  readonly log: Logger;
}

/** Free ports that are tried when all addresses have to have the same one. */
const MAX_TRIES = 32;

/** Peers say goodbye for so long at most before the port is closed. */
const GOODBYE_MS = 1000;

const COUNTERS: readonly (keyof SharedPortCounters)[] = [
  'unknownDatagrams',
  'unprovenDatagrams',
  'sendFailures',
  'tcpClaimed',
  'tcpCrowded',
  'tcpRefused',
  'tcpLate',
  'tcpDropped',
];

/** One port for all WebRTC peers: a socket for each local address, however many come. */
export class SharedPort {
  readonly #options: SharedPortOptions;
  readonly #doors = new Map<string, PortDoor>();
  /** Doors that are being opened. */
  readonly #opening = new Map<string, Promise<PortDoor>>();
  #port: number;
  #gone = sumOf([]);
  #closed = false;
  #emptied: () => void = () => {};

  private constructor(options: SharedPortOptions) {
    this.#options = options;
    this.#port = options.port;
  }

  /**
   * Binds the port at the addresses that there are.
   * @throws {PinholeError} `webrtc/port-taken`; `webrtc/bind` when it can be bound at none of them
   */
  static async open(options: SharedPortOptions): Promise<SharedPort> {
    const { port, whenTaken = 'refuse', addresses, log } = options;
    const shared = new SharedPort(options);
    try {
      if (port === 0) await shared.#bindAny(addresses);
      else await shared.#bindAll(addresses, port);
    } catch (cause) {
      if (!isTaken(cause) || port === 0) throw cause;
      if (whenTaken === 'refuse') throw portTaken(port, cause);
      await shared.#bindAny(addresses);
      log.warn(
        { taken: port, port: shared.port },
        `port ${port} is taken by another program, WebRTC uses ${shared.port} until the next start; webrtc.port names one for good`,
      );
    }
    return shared;
  }

  /** The port; 0 until there was an address. */
  get port(): number {
    return this.#port;
  }

  /** Agents that share it, once for each address that they use. */
  get members(): number {
    return [...this.#doors.values()].reduce((sum, { members }) => sum + members, 0);
  }

  get counters(): SharedPortCounters {
    return sumOf([this.#gone, ...[...this.#doors.values()].map(({ counters }) => counters)]);
  }

  /**
   * An agent's part at each address; each socket is to be closed with the agent.
   * @throws {PinholeError} `webrtc/closed`
   */
  async join(
    agent: AgentName,
    addresses: readonly string[],
  ): Promise<readonly PromiseSettledResult<readonly IceSocket[]>[]> {
    await this.#shutLost();
    const doors = await Promise.allSettled(addresses.map((address) => this.#door(address)));
    if (this.#closed) throw new PinholeError('webrtc/closed', 'the server is closing');
    const left = (): void => {
      if (this.members === 0) this.#emptied();
    };
    return doors.map((door) =>
      door.status === 'rejected' ? door : { status: door.status, value: door.value.join(agent, left) },
    );
  }

  /** Closes it; peers that are still there have a moment to say goodbye. May be called again. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#opening.values());
    if (this.members > 0) {
      await new Promise<void>((resolve) => {
        const late = setTimeout(resolve, GOODBYE_MS);
        this.#emptied = () => {
          clearTimeout(late);
          resolve();
        };
      });
    }
    await this.#shutAll();
  }

  /** The same free port at all addresses. */
  async #bindAny(addresses: readonly string[]): Promise<void> {
    this.#port = 0;
    for (let tries = 1; ; tries++) {
      try {
        await this.#bindAll(addresses, 0);
        return;
      } catch (error) {
        if (!isTaken(error) || tries >= MAX_TRIES) throw error;
      }
    }
  }

  /** All or, where one of them is taken, none. An address that has just gone is left out. */
  async #bindAll(addresses: readonly string[], wanted: number): Promise<void> {
    const { log } = this.#options;
    let port = wanted;
    let failure: unknown;
    for (const address of addresses) {
      try {
        const door = await this.#bind(address, port);
        this.#doors.set(address, door);
        port = door.port;
      } catch (error) {
        failure = error;
        if (isTaken(error)) {
          await this.#shutAll();
          throw error;
        }
        log.warn({ address, reason: String(error) }, 'WebRTC cannot use an address');
      }
    }
    if (this.#doors.size === 0 && failure !== undefined) throw failure;
    this.#port = port;
  }

  #bind(address: string, port: number): Promise<PortDoor> {
    const { port: wanted, tcp = 'on', log } = this.#options;
    // A port that somebody chose is there for UDP first.
    const spare = port !== 0 && port === wanted ? 'spare' : 'must';
    return PortDoor.open({ address, port }, { tcp: tcp === 'off' ? 'off' : spare, log });
  }

  /** The door of an address, bound when first needed. */
  #door(address: string): Promise<PortDoor> {
    const door = this.#doors.get(address);
    if (door) return Promise.resolve(door);
    const opening = this.#opening.get(address) ?? this.#openLate(address);
    this.#opening.set(address, opening);
    return opening;
  }

  async #openLate(address: string): Promise<PortDoor> {
    const { port: wanted, whenTaken = 'refuse', log } = this.#options;
    try {
      const door = await this.#bind(address, this.#port).catch(async (error: unknown) => {
        if (!isTaken(error) || (whenTaken === 'refuse' && wanted !== 0)) throw error;
        const another = await this.#bind(address, 0);
        log.warn({ address, taken: this.#port, port: another.port }, 'port taken at an address that is new');
        return another;
      });
      this.#doors.set(address, door);
      if (this.#port === 0) this.#port = door.port;
      return door;
    } finally {
      this.#opening.delete(address);
    }
  }

  /** Addresses come and go with networks; sockets of those that went are closed once nobody uses them. */
  async #shutLost(): Promise<void> {
    for (const [address, { members }] of this.#doors) {
      if (members === 0 && !hasAddress(address)) await this.#shut(address);
    }
  }

  async #shutAll(): Promise<void> {
    await Promise.all([...this.#doors.keys()].map((address) => this.#shut(address)));
  }

  async #shut(address: string): Promise<void> {
    const door = this.#doors.get(address);
    if (!door) return;
    this.#doors.delete(address);
    this.#gone = sumOf([this.#gone, door.counters]);
    await door.close();
  }
}

function sumOf(all: readonly SharedPortCounters[]): SharedPortCounters {
  const sums = COUNTERS.map((name) => [name, all.reduce((sum, one) => sum + one[name], 0)] as const);
  return Object.fromEntries(sums) as unknown as SharedPortCounters;
}

const isTaken = (error: unknown): boolean =>
  error instanceof PinholeError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';

const portTaken = (port: number, cause: unknown): PinholeError =>
  new PinholeError(
    'webrtc/port-taken',
    `webrtc.port: ${port} is taken by another program; name another one, or 0 for any that is free`,
    { cause },
  );
