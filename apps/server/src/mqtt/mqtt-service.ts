import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { type Logger, type Micros, type Millis, messageOf, PinholeError } from '@pinhole/core';
import type { Identity } from '@pinhole/engine';
import { type MqttLink, type MqttWill, openMqttLink } from '@pinhole/mqtt';
import type { Upgrade } from '@pinhole/outputs/live';
import { PlainSockets } from '@pinhole/outputs/sockets';
import { Broker, type BrokerGauges, openTcpListener, type TcpListener } from '@pinhole/signaling/broker';
import type { Access } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { identityAt } from '../auth/require.ts';
import type { LetIn } from '../auth/token-watch.ts';
import { HttpProblem } from '../http/problem.ts';
import { subnet } from '../http/rate-limit.ts';
import type { SocketGuard } from '../http/socket-guard.ts';
import { offersSubprotocol } from '../http/subprotocol.ts';
import { readKeyPair } from '../tls/certificate.ts';
import { MqttDoors } from './mqtt-doors.ts';
import { brokerMode, type MqttConfig } from './mqtt-fields.ts';
import { socketPipe } from './socket-pipe.ts';

/** What {@link MqttService} works with. */
export interface MqttServiceOptions {
  readonly config: MqttConfig;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly failedPerMinute: number;
  /** The camera that is the device of that uid; the uid itself where no camera of ours is. */
  readonly cameraOf: (uid: string) => string;
  readonly sockets: Pick<SocketGuard, 'add' | 'recognise'>;
  /** Monotonic. */
  readonly now: () => Millis;
  /** UTC. */
  readonly utcNow: () => Micros;
  readonly log: Logger;
}

/** What may be said of a device's link. */
export interface DeviceLinkOptions {
  readonly will?: MqttWill;
}

/** How MQTT is spoken in a WebSocket. @see MQTT 5 §6 */
const SUBPROTOCOL = 'mqtt';
const MAX_FRAME_BYTES = 262_144;

/**
 * MQTT as this server has it: the broker in here, with its WebSocket at `/mqtt` and its TCP where the configuration says
 * so, or the way to one outside; and links to whichever it is for the devices of this server.
 */
export class MqttService implements LetIn {
  readonly #options: MqttServiceOptions;
  readonly #broker: Broker | undefined;
  readonly #doors: MqttDoors;
  readonly #ca: string | undefined;
  readonly #webSockets = new PlainSockets({ maxMessageBytes: MAX_FRAME_BYTES, subprotocol: SUBPROTOCOL });
  readonly #links = new Set<MqttLink>();
  #tcp: TcpListener | undefined;

  private constructor(options: MqttServiceOptions, ca: string | undefined) {
    const { config, now, utcNow, log } = options;
    this.#options = options;
    this.#ca = ca;
    this.#doors = new MqttDoors({ ...options, users: config.users });
    if (brokerMode(config) !== 'inside') return;
    const { clients, clientsPerAddress, packetsPerSecond } = config;
    this.#broker = new Broker({
      limits: { clients, clientsPerAddress, packetsPerSecond },
      householdOf: subnet,
      now,
      utcNow,
      newClientId: randomUUID,
      log,
    });
  }

  /**
   * Opens what the configuration asks for; TCP listens when this is done.
   * @throws {PinholeError} `mqtt/ca-unreadable`, `mqtt/port`, `tls/unreadable`, `tls/unusable`
   */
  static async open(options: MqttServiceOptions): Promise<MqttService> {
    const { ca } = options.config;
    const service = new MqttService(options, ca === undefined ? undefined : await readCa(ca));
    await service.#listen();
    return service;
  }

  /** Whether there is a broker at all, in here or outside. */
  get available(): boolean {
    return brokerMode(this.#options.config) !== 'none';
  }

  /** Where MQTT over TCP listens; undefined when it does not. */
  get tcpPort(): number | undefined {
    return this.#tcp?.port;
  }

  /** What happened in the broker in here, by name; empty when there is none. */
  get counters(): Readonly<Record<string, number>> {
    return { ...this.#broker?.counters };
  }

  /** What the broker in here holds; undefined when there is none. */
  get gauges(): BrokerGauges | undefined {
    return this.#broker?.gauges;
  }

  /**
   * A new link for a device of this server, to the broker in here or the one outside; it ends with the service.
   * @throws {PinholeError} `mqtt/no-broker`, `mqtt/bad-url`
   */
  link(options: DeviceLinkOptions = {}): MqttLink {
    const { log } = this.#options;
    const onHandlerError = (error: unknown): void =>
      log.error({ error }, 'a message by MQTT was not handled');
    // Who is in this process cannot vanish without the broker, so nobody would say its will.
    const link = this.#broker?.openLink({ onHandlerError }) ?? this.#outside(options, onHandlerError);
    this.#links.add(link);
    link.onState((state) => {
      if (state.kind === 'closed') this.#links.delete(link);
    });
    return link;
  }

  /** Whether those who come by the broker are known here: it is the one in here. */
  get knowsViewers(): boolean {
    return this.#broker !== undefined;
  }

  /**
   * Who is connected to the broker in here by that client id, with its rights over a camera; a configured user comes
   * without any, as the configuration of the camera says what those may do.
   * @returns undefined for nobody
   */
  viewerOf(clientId: string, camera: string): Identity | undefined {
    const identity = this.#broker?.identityOf(clientId);
    const access = identity && this.#doors.accessOf(identity);
    return access ? identityAt(access, camera) : identity?.who;
  }

  /**
   * Takes an upgrade at `/mqtt`.
   * @throws {HttpProblem} `http/not-found`, `mqtt/subprotocol`
   * @throws {PinholeError} `mqtt/too-many-clients`; the upgrade is still to be answered then
   */
  upgrade(upgrade: Upgrade, access: Access): void {
    const broker = this.#broker;
    if (broker === undefined) throw new HttpProblem(404, 'http/not-found', 'there is no MQTT broker here');
    if (!offersSubprotocol(upgrade.request, SUBPROTOCOL)) {
      throw new HttpProblem(
        400,
        'mqtt/subprotocol',
        'MQTT in a WebSocket has the subprotocol mqtt (MQTT 5 §6)',
      );
    }
    const { address } = access.identity;
    broker.admit(address);
    const { socket } = upgrade.request;
    const identified = (): void => this.#options.sockets.recognise(socket);
    this.#webSockets.accept(upgrade, (webSocket) =>
      socketPipe(webSocket, { address, identified }, (pipe) =>
        broker.accept(pipe, this.#doors.of(address, access)),
      ),
    );
  }

  /** What comes due; a few times a second. */
  tick(): void {
    this.#broker?.tick();
  }

  endWhere(matches: Parameters<LetIn['endWhere']>[0], why: 'revoked'): number {
    return this.#broker?.endWhere(matches, why) ?? 0;
  }

  /** Says goodbye to everybody, and closes all links. */
  async close(): Promise<void> {
    const closing = [...this.#links].map((link) => link.close());
    this.#broker?.close();
    await Promise.all([...closing, this.#tcp?.close()]);
  }

  #outside({ will }: DeviceLinkOptions, onHandlerError: (thrown: unknown) => void): MqttLink {
    const { url, username, password } = this.#options.config;
    if (url === undefined) {
      throw new PinholeError(
        'mqtt/no-broker',
        'there is no MQTT broker: leave out "mqtt.broker: off", or name one with mqtt.url',
      );
    }
    const link = openMqttLink({
      url,
      onHandlerError,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
      ...(this.#ca !== undefined && { ca: this.#ca }),
      ...(will && { will }),
    });
    this.#tell(link);
    return link;
  }

  /** One line when a broker outside is lost, one when it is back; never its address, which may hold a password. */
  #tell(link: MqttLink): void {
    const { log } = this.#options;
    let away = false;
    link.onState((state) => {
      if (state.kind === 'refused') {
        log.error({ code: state.error.code, why: state.error.message }, 'the MQTT broker does not let us in');
      } else if (state.kind === 'lost' && !away) {
        away = true;
        log.warn({ why: state.why }, 'the MQTT broker is out of reach; new viewers have to wait');
      } else if (state.kind === 'connected') {
        away = false;
        log.info({}, 'the MQTT broker is reached');
      }
    });
  }

  async #listen(): Promise<void> {
    const { config, sockets, log } = this.#options;
    const { tcp } = config;
    if (this.#broker === undefined || tcp === undefined) return;
    this.#tcp = await openTcpListener({
      broker: this.#broker,
      address: tcp.address,
      port: tcp.port,
      tls: tcp.tls && (await readKeyPair(tcp.tls)),
      doorOf: (address) => this.#doors.of(address),
      onSocket: (socket: Socket) => sockets.add(socket),
      onIdentified: (socket) => sockets.recognise(socket),
      log,
    });
    log.info({ port: this.#tcp.port, address: tcp.address, tls: tcp.tls !== undefined }, 'MQTT listens');
  }
}

const readCa = (path: string): Promise<string> =>
  readFile(path, 'utf8').catch((cause: unknown) => {
    throw new PinholeError('mqtt/ca-unreadable', `mqtt.ca: ${path} cannot be read: ${messageOf(cause)}`, {
      cause,
    });
  });
