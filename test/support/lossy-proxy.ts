import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Page } from 'playwright-core';
import { seededRandom } from './fuzz-sdp.ts';
import { SlowLink, type SlowLinkOptions } from './slow-link.ts';

/** What the way between a viewer and the server does to what passes. */
export interface Impairment {
  /** Share of datagrams that get lost, each way, 0…1. What TCP would make of loss is not imitated. */
  readonly loss?: number;
  /** What datagrams towards the viewer have to pass. */
  readonly link?: SlowLinkOptions;
  /** How long everything takes, each way. */
  readonly delayMs?: number;
  /** Nothing passes: datagrams are lost, streams stand still. */
  readonly stalled?: true;
}

/** How many datagrams met what fate. */
export interface ProxyCounters {
  readonly passed: number;
  readonly dropped: number;
}

/**
 * A network that can be made bad, between a browser and a server on this machine: a relay of the server's TCP port and
 * of the UDP ports that its SDP answers name.
 */
export class LossyProxy {
  readonly #target: number;
  readonly #server: Server;
  readonly #streams = new Set<Socket>();
  readonly #udp: UdpSocket[] = [];
  readonly #random = seededRandom(7);
  #impairment: Impairment = {};
  #link: SlowLink | undefined;
  #counters = { passed: 0, dropped: 0 };
  #resumed: (() => void)[] = [];

  constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => this.#connect(near));
  }

  /** Listens on loopback. */
  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** What stands for the server's own address. */
  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Datagrams since the last {@link impair}. */
  get counters(): ProxyCounters {
    return this.#counters;
  }

  /** Makes the network so from now on; `{}` makes it good. */
  impair(impairment: Impairment): void {
    this.#impairment = impairment;
    this.#link?.open();
    this.#link = impairment.link && new SlowLink(impairment.link);
    this.#counters = { passed: 0, dropped: 0 };
    if (impairment.stalled) return;
    for (const resume of this.#resumed.splice(0)) resume();
  }

  /** Sends a page's WebRTC through here too. */
  async takeAnswersOf(page: Page): Promise<void> {
    await page.exposeFunction('relayedAnswer', (answer: string) => this.relayed(answer));
    await page.evaluate(() => {
      const { relayedAnswer } = window as never as { relayedAnswer: (answer: string) => Promise<string> };
      const fetch = window.fetch.bind(window);
      window.fetch = async (...asked) => {
        const response = await fetch(...asked);
        if (response.headers.get('content-type') !== 'application/sdp') return response;
        const { status, headers } = response;
        return new Response(await relayedAnswer(await response.text()), { status, headers });
      };
    });
  }

  /** @returns an SDP answer whose UDP ports are ours; TCP is left out */
  async relayed(answer: string): Promise<string> {
    const told = answer.split('\r\n').filter((line) => !/^a=candidate:\S+ \d tcp /i.test(line));
    return (await Promise.all(told.map((line) => this.#relayedLine(line)))).join('\r\n');
  }

  /** Ends all connections. May be called again. */
  async close(): Promise<void> {
    this.#impairment = {};
    this.#link?.open();
    for (const stream of this.#streams) stream.destroy();
    for (const socket of this.#udp.splice(0)) socket.close();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connect(near: Socket): void {
    const far = connect(this.#target, '127.0.0.1');
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#streams.add(from);
      from.setNoDelay(true);
      from.on('data', (chunk) => {
        if (this.#impairment.stalled) {
          from.pause();
          this.#resumed.push(() => from.resume());
        }
        this.#pass(() => to.writable && to.write(chunk));
      });
      from.on('end', () => this.#pass(() => to.end()));
      from.on('error', () => {}); // `close` follows
      from.on('close', () => {
        this.#streams.delete(from);
        this.#pass(() => to.destroy());
      });
    }
  }

  /** Now, or once the network lets it through; in order. */
  #pass(action: () => void): void {
    const { delayMs = 0, stalled } = this.#impairment;
    if (stalled) this.#resumed.push(action);
    else if (delayMs > 0) setTimeout(action, delayMs);
    else action();
  }

  async #relayedLine(line: string): Promise<string> {
    const [, head, priority, port, rest] =
      /^a=candidate:(\S+ \d) udp (\d+) \S+ (\d+) (.*)$/i.exec(line) ?? [];
    if (port === undefined) return line;
    return `a=candidate:${head} udp ${priority} 127.0.0.1 ${await this.#relay(Number(port))} ${rest}`;
  }

  /** @returns the port that stands for the server's `port`. */
  async #relay(port: number): Promise<number> {
    const near = this.#socket();
    const ways = new Map<number, UdpSocket>();
    near.on('message', (datagram, from) => {
      const far = ways.get(from.port) ?? this.#wayBack(near, from);
      ways.set(from.port, far);
      this.#carry(far, () => far.send(datagram, port, '127.0.0.1'));
    });
    near.bind(0, '127.0.0.1');
    await once(near, 'listening');
    return near.address().port;
  }

  #wayBack(near: UdpSocket, { port, address }: RemoteInfo): UdpSocket {
    const far = this.#socket();
    far.on('message', (datagram) => {
      const send = (): void => this.#carry(near, () => near.send(datagram, port, address));
      if (!this.#link) send();
      else if (!this.#link.carry(datagram.byteLength, send)) this.#counters.dropped++;
    });
    return far;
  }

  #carry(by: UdpSocket, send: () => void): void {
    const { loss = 0, delayMs = 0, stalled } = this.#impairment;
    if (stalled || this.#random() < loss) {
      this.#counters.dropped++;
      return;
    }
    this.#counters.passed++;
    if (delayMs > 0) setTimeout(() => this.#udp.includes(by) && send(), delayMs);
    else send();
  }

  #socket(): UdpSocket {
    const socket = createSocket('udp4');
    this.#udp.push(socket);
    socket.on('error', () => {}); // the other side is gone; who sends notices by itself
    return socket;
  }
}
