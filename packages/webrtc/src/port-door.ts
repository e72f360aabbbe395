import { type Logger, messageOf } from '@pinhole/core';
import type { IceSocket } from './ice-socket.ts';
import { IceTcpListener } from './ice-tcp-listener.ts';
import { type AgentName, SharedUdp } from './shared-udp.ts';

/** What became of what came to a shared port; all since it was opened. */
export interface SharedPortCounters {
  /** Datagrams of strangers, dropped. */
  readonly unknownDatagrams: number;
  /** Datagrams that name a peer and are not signed by it, dropped. */
  readonly unprovenDatagrams: number;
  /** Datagrams that the system would not send. */
  readonly sendFailures: number;
  /** TCP connections taken for a peer's. */
  readonly tcpClaimed: number;
  /** TCP connections closed as too many had not said whose they are. */
  readonly tcpCrowded: number;
  /** TCP connections closed as what came first was no signed request for anybody here. */
  readonly tcpRefused: number;
  /** TCP connections closed as nothing came in time. */
  readonly tcpLate: number;
  /** Datagrams dropped as their peer by TCP did not take those before in time. */
  readonly tcpDropped: number;
}

/** `spare`: without it where its port is taken. `must`: both or none. */
export type TcpWish = 'off' | 'spare' | 'must';

/** The shared port at one local address: UDP, and TCP on the same number. */
export class PortDoor {
  readonly #udp: SharedUdp;
  readonly #tcp: IceTcpListener | undefined;

  private constructor(udp: SharedUdp, tcp: IceTcpListener | undefined) {
    this.#udp = udp;
    this.#tcp = tcp;
  }

  /**
   * Binds; port 0 is any.
   * @throws {PinholeError} `webrtc/bind`
   */
  static async open(
    { address, port }: { readonly address: string; readonly port: number },
    { tcp, log }: { readonly tcp: TcpWish; readonly log: Logger },
  ): Promise<PortDoor> {
    const udp = await SharedUdp.open(address, port);
    log.debug({ address, port: udp.port, buffers: udp.buffers }, 'port for WebRTC bound');
    if (tcp === 'off') return new PortDoor(udp, undefined);
    try {
      return new PortDoor(udp, await IceTcpListener.open(address, udp.port));
    } catch (error) {
      if (tcp === 'spare') {
        log.warn(
          { address, port: udp.port, why: messageOf(error) },
          'WebRTC by TCP is off: its port is not to be had',
        );
        return new PortDoor(udp, undefined);
      }
      await udp.close();
      throw error;
    }
  }

  get port(): number {
    return this.#udp.port;
  }

  /** Agents that share it. */
  get members(): number {
    return this.#udp.members;
  }

  get counters(): SharedPortCounters {
    const { unknown, unproven, sendFailures } = this.#udp.counters;
    const { claimed = 0, crowded = 0, refused = 0, late = 0, dropped = 0 } = this.#tcp?.counters ?? {};
    return {
      unknownDatagrams: unknown,
      unprovenDatagrams: unproven,
      sendFailures,
      tcpClaimed: claimed,
      tcpCrowded: crowded,
      tcpRefused: refused,
      tcpLate: late,
      tcpDropped: dropped,
    };
  }

  /** An agent's part; each socket is to be closed with the agent. `left` is called when that of UDP was. */
  join(agent: AgentName, left: () => void): readonly IceSocket[] {
    const udp = this.#udp.join(agent, left);
    return this.#tcp ? [udp, this.#tcp.join(agent, udp)] : [udp];
  }

  async close(): Promise<void> {
    await Promise.all([this.#udp.close(), this.#tcp?.close()]);
  }
}
