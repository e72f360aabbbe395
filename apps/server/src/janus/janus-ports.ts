import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpBindings } from '@hono/node-server';
import type { Logger } from '@pinhole/core';
import type { Gate } from '../http/gate.ts';
import { type Listener, type ListenerOptions, openListener } from '../http/listener.ts';
import { corsHeaders } from '../http/origin-check.ts';
import { HttpProblem, problemOf, problemResponse } from '../http/problem.ts';
import type { Refusals } from '../http/refusals.ts';
import { refuse } from '../http/upgrades.ts';
import type { JanusConfig } from './janus-fields.ts';
import type { JanusService } from './janus-service.ts';

/** What the ports of their own work with. */
export interface JanusPortsOptions
  extends Pick<ListenerOptions, 'tls' | 'sockets' | 'refusals' | 'deadlines' | 'limits'> {
  readonly config: Pick<JanusConfig, 'ports' | 'address'>;
  /** Of the server, where the configuration names none. */
  readonly address: string;
  readonly service: JanusService;
  readonly gate: Gate;
  readonly refusals: Refusals;
  readonly log: Logger;
}

/** The ports on which nothing but the Janus API is served, as by a Janus of its own. */
export class JanusPorts {
  readonly #listeners: readonly Listener[];
  /** The real ones. */
  readonly ports: { readonly ws: number | undefined; readonly http: number | undefined };

  private constructor(ws: Listener | undefined, http: Listener | undefined) {
    this.#listeners = [ws, http].filter((listener) => listener !== undefined);
    this.ports = { ws: ws?.port, http: http?.port };
  }

  /** @throws {PinholeError} `http/port-in-use`, `http/port-forbidden`, `http/address`, `tls/unusable` */
  static async open(options: JanusPortsOptions): Promise<JanusPorts> {
    const { config, address, log } = options;
    const listen = (port: number | undefined): Promise<Listener> | undefined =>
      port === undefined
        ? undefined
        : openListener({
            ...options,
            address: config.address ?? address,
            port,
            fetch: (request, env) => answer(request, env, options),
            upgrade: (request, socket, head) => upgrade({ request, socket, head }, options),
          });
    const ws = await listen(config.ports?.ws);
    try {
      const ports = new JanusPorts(ws, await listen(config.ports?.http));
      if (config.ports !== undefined)
        log.info({ ...ports.ports }, 'the Janus API listens on ports of its own');
      return ports;
    } catch (thrown) {
      await ws?.close({ graceMs: 0 });
      throw thrown;
    }
  }

  async close(options: { readonly graceMs: number }): Promise<void> {
    await Promise.all(this.#listeners.map((listener) => listener.close(options)));
  }
}

/** A Janus answers WebSockets at any path. */
function upgrade(
  asked: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
  { gate, service, refusals, log }: JanusPortsOptions,
): void {
  const { request, socket } = asked;
  socket.on('error', () => socket.destroy());
  try {
    const address = gate.addressOf(request);
    gate.admit(request, { changes: true });
    gate.countWrite(address);
    service.upgrade(asked, gate.authenticate(request, address));
  } catch (thrown) {
    const problem = toldOf(thrown, log);
    refusals.note(problem.status);
    refuse(socket, problem);
  }
}

const BASE = '/janus';

async function answer(
  request: Request,
  { incoming }: HttpBindings,
  { gate, service, refusals, log }: JanusPortsOptions,
): Promise<Response> {
  const response = await work().catch((thrown: unknown) => problemResponse(toldOf(thrown, log)));
  if (response.status >= 400) refusals.note(response.status);
  return response;

  async function work(): Promise<Response> {
    const { pathname } = new URL(request.url);
    const address = gate.addressOf(incoming);
    const changes = request.method === 'POST';
    const kind = gate.admit(incoming, { changes });
    if (changes) gate.countWrite(address);
    if (pathname !== BASE && !pathname.startsWith(`${BASE}/`)) {
      throw new HttpProblem(404, 'http/not-found', `nothing is served at ${pathname.slice(0, 200)}`);
    }
    const answered = await service.respond(request, { base: BASE, address, incoming });
    const { origin } = incoming.headers;
    answered.headers.append('Vary', 'Origin');
    if (origin !== undefined && kind === 'allowed') {
      for (const [name, value] of Object.entries(corsHeaders(origin))) answered.headers.set(name, value);
    }
    return answered;
  }
}

function toldOf(thrown: unknown, log: Logger): HttpProblem {
  const problem = problemOf(thrown) ?? new HttpProblem(500, 'http/internal', 'the server made a mistake');
  if (problem.status >= 500) log.error({ error: thrown }, 'a request to the Janus API failed');
  return problem;
}
