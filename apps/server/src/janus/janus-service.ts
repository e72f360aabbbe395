import { randomInt } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Logger, Micros, Millis } from '@pinhole/core';
import type { Cameras, ViewerSessions } from '@pinhole/engine';
import type { Upgrade } from '@pinhole/outputs/live';
import { PlainSockets } from '@pinhole/outputs/sockets';
import { Speaker } from '@pinhole/outputs/speaker';
import { JANUS_SUBPROTOCOL } from '@pinhole/protocol/janus';
import type { IceServer } from '@pinhole/protocol/whep';
import {
  type CameraSound,
  JanusEndpoint,
  JanusGateway,
  type JanusGauges,
  JanusHttp,
  type JanusVisitor,
  MAX_JANUS_MESSAGE_BYTES,
} from '@pinhole/signaling/janus';
import type { Access } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { credentialOf } from '../auth/credentials.ts';
import type { LetIn } from '../auth/token-watch.ts';
import { HttpProblem } from '../http/problem.ts';
import { subnet } from '../http/rate-limit.ts';
import { offersSubprotocol } from '../http/subprotocol.ts';
import type { JanusConfig } from './janus-fields.ts';
import { type JanusIdentities, janusIdentities } from './janus-identities.ts';

/** What {@link JanusService} works with. */
export interface JanusServiceOptions {
  readonly config: JanusConfig;
  /** The camera behind each plugin. */
  readonly plugins: ReadonlyMap<string, string>;
  readonly cameras: Cameras;
  readonly sessions: ViewerSessions;
  readonly authenticator: Pick<Authenticator, 'authenticate'>;
  readonly iceServers: () => readonly IceServer[];
  /** Whether WebRTC may come by TCP, too. */
  readonly iceTcp: 'on' | 'off';
  /** Whether a camera has sound that WebRTC takes. */
  readonly hasSound: (camera: string) => boolean;
  /** The socket is within the limits of this API, and no longer within those for strangers. */
  readonly recognise: (socket: IncomingMessage['socket']) => void;
  /** Monotonic. */
  readonly now: () => Millis;
  readonly utcNow: () => Micros;
  readonly version: string;
  readonly log: Logger;
}

/** Ids are as Janus's: whole numbers that JSON of any language carries. */
const ID_PARTS = { high: 2 ** 21, low: 2 ** 32 } as const;

/** The API of Janus with the plugin of µStreamer, for this server's cameras. */
export class JanusService implements LetIn {
  readonly #options: JanusServiceOptions;
  readonly #identities: JanusIdentities;
  readonly #gateway: JanusGateway;
  readonly #endpoint: JanusEndpoint;
  readonly #http: JanusHttp;
  readonly #speaker: Speaker | undefined;
  readonly #sockets = new PlainSockets({
    maxMessageBytes: MAX_JANUS_MESSAGE_BYTES,
    subprotocol: JANUS_SUBPROTOCOL,
  });

  constructor(options: JanusServiceOptions) {
    const { config, plugins, authenticator, now, log } = options;
    this.#options = options;
    this.#speaker = config.speaker === 'off' ? undefined : Speaker.open(config.speaker, { log });
    this.#identities = janusIdentities({
      authenticator,
      secret: config.secret,
      cameras: new Set(plugins.values()),
    });
    this.#gateway = new JanusGateway({
      ...options,
      replies: config.replies,
      limits: config,
      authorize: this.#identities.authorize,
      secret: config.secret === undefined ? 'needless' : 'needed',
      householdOf: subnet,
      iceUrl: () => stunOf(options.iceServers()),
      soundOf: (camera) => this.#soundOf(camera),
      openVoice: (_, { rights = [] }) =>
        // A page's microphone may be open before anybody asked for it.
        rights.includes('control') || rights.includes('admin') ? this.#speaker?.voice() : undefined,
      newId: () => randomInt(ID_PARTS.high) * ID_PARTS.low + randomInt(1, ID_PARTS.low),
    });
    this.#endpoint = new JanusEndpoint({
      gateway: this.#gateway,
      limits: config,
      householdOf: subnet,
      now,
      log,
    });
    this.#http = new JanusHttp({ gateway: this.#gateway, now });
  }

  /** What happened, by name. */
  get counters(): Readonly<Record<string, number>> {
    return Object.fromEntries(Object.entries(this.#gateway.counters));
  }

  get gauges(): JanusGauges & { readonly sockets: number } {
    return { ...this.#gateway.gauges, sockets: this.#endpoint.sockets };
  }

  /**
   * Takes an upgrade.
   * @throws {HttpProblem} `janus/subprotocol`
   * @throws {PinholeError} `janus/too-many-sockets`; the upgrade is still to be answered then
   */
  upgrade(upgrade: Upgrade, access: Access): void {
    if (!offersSubprotocol(upgrade.request, JANUS_SUBPROTOCOL)) {
      const reason = `the Janus API in a WebSocket has the subprotocol ${JANUS_SUBPROTOCOL}`;
      throw new HttpProblem(400, 'janus/subprotocol', reason);
    }
    const { address } = access.identity;
    this.#endpoint.admit(address);
    const visitor = this.#visitor(upgrade.request.socket, { address, access });
    if (visitor.identity !== undefined) visitor.identified();
    this.#sockets.accept(upgrade, (socket) => {
      const sink = this.#endpoint.accept(socket, visitor);
      return {
        text: (bytes) => sink.message(bytes),
        binary: (bytes) => sink.message(bytes),
        alive: () => sink.alive(),
        closed: () => sink.closed(),
      };
    });
  }

  /**
   * Answers a request.
   * @param place.base the base path, e.g. `/janus`; the rest of the request's path is Janus's own
   */
  respond(
    request: Request,
    {
      base,
      address,
      incoming,
    }: { readonly base: string; readonly address: string; readonly incoming: IncomingMessage },
  ): Promise<Response> {
    const { pathname } = new URL(request.url);
    // What the address carries as `token` is Janus's own, and read with the rest.
    const credential = credentialOf({
      authorization: incoming.headers.authorization,
      searchParams: new URLSearchParams(),
    });
    const result = this.#options.authenticator.authenticate(credential, address);
    const visitor = this.#visitor(incoming.socket, {
      address,
      access: result.kind === 'access' ? result.access : undefined,
    });
    return this.#http.respond(request, pathname.slice(base.length), { visitor, base });
  }

  /** What comes due; a few times a second. */
  tick(): void {
    this.#gateway.tick();
    this.#endpoint.tick();
  }

  endWhere(matches: Parameters<LetIn['endWhere']>[0]): number {
    return this.#gateway.endWhere(matches);
  }

  /** Says goodbye to everybody. */
  async close(): Promise<void> {
    this.#gateway.close();
    this.#endpoint.close();
    await this.#speaker?.close();
  }

  #visitor(
    socket: IncomingMessage['socket'],
    { address, access }: { readonly address: string; readonly access: Access | undefined },
  ): JanusVisitor {
    return {
      address,
      identity: access && this.#identities.of(access),
      identified: () => this.#options.recognise(socket),
    };
  }

  #soundOf(camera: string): CameraSound {
    return { audio: this.#options.hasSound(camera), mic: this.#speaker !== undefined };
  }
}

/** The first that needs no password: `features` has no place for one. */
const stunOf = (servers: readonly IceServer[]): string | undefined =>
  servers.flatMap(({ urls }) => urls).find((url) => /^stuns?:/.test(url));
