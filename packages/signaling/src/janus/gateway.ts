import type { Identity } from '@pinhole/engine';
import {
  type JanusEnvelope,
  JanusRefusal,
  type JanusReply,
  parseJanusDocuments,
  parseJanusEnvelope,
} from '@pinhole/protocol/janus';
import { Alarms } from './alarms.ts';
import type { JanusGatewayOptions } from './gateway-options.ts';
import type { JanusClient } from './janus-client.ts';
import { JanusCounters } from './janus-counters.ts';
import type { JanusIdentity, JanusVisitor } from './janus-identity.ts';
import type { JanusSession } from './janus-session.ts';
import { type JanusWork, type RequestContext, workOnRequest } from './request-work.ts';
import { SessionTable } from './session-table.ts';

/** What there is now. */
export interface JanusGauges {
  readonly sessions: number;
  /** Of these, the ones whose connection was lost and that may be claimed. */
  readonly lost: number;
  readonly handles: number;
}

/** The API of Janus with the plugin of µStreamer, whatever carries its requests. No clock and no socket in here. */
export class JanusGateway {
  readonly counters = new JanusCounters();
  readonly #options: JanusGatewayOptions;
  readonly #alarms = new Alarms();
  readonly #table: SessionTable;
  readonly #context: RequestContext;

  constructor(options: JanusGatewayOptions) {
    this.#options = options;
    this.#table = new SessionTable(options, this.counters);
    this.#context = { options, counters: this.counters, alarms: this.#alarms, table: this.#table };
  }

  get gauges(): JanusGauges {
    const lost = this.#table.all.filter(({ mailbox }) => mailbox.state === 'lost').length;
    return { sessions: this.#table.size, lost, handles: this.#table.handles };
  }

  /**
   * Takes what a client sent by its WebSocket: one request, or several.
   * @returns whether all of it was of some use.
   */
  receive(client: JanusClient, text: string): boolean {
    let documents: readonly unknown[];
    try {
      documents = parseJanusDocuments(text);
    } catch (thrown) {
      client.send(this.#refusalOf(thrown));
      return false;
    }
    let fine = true;
    for (const json of documents) {
      const taken = this.request(json, {
        visitor: client.visitor,
        client,
        reply: (reply) => client.send(reply),
      });
      fine = taken && fine;
    }
    return fine;
  }

  /**
   * Takes one request, and answers it at once or later.
   * @returns whether it was of some use.
   */
  request(json: unknown, { reply, ...from }: Omit<JanusWork, 'envelope'>): boolean {
    this.counters.requests++;
    let envelope: JanusEnvelope | undefined;
    try {
      envelope = parseJanusEnvelope(json);
      workOnRequest({ ...from, envelope, reply }, this.#context);
      return true;
    } catch (thrown) {
      reply(this.#refusalOf(thrown, envelope));
      return false;
    }
  }

  /** A client's WebSocket is gone; its sessions wait for somebody who claims them. */
  lost(client: JanusClient): void {
    for (const { mailbox } of this.#table.all) mailbox.lose(client);
  }

  /**
   * A session as somebody who polls may see it; hears of it.
   * @returns `refused` for those who may see nothing, undefined where there is no such session of theirs.
   */
  session(
    id: number,
    credentials: Parameters<JanusGatewayOptions['authorize']>[0],
    visitor: JanusVisitor,
  ): JanusSession | 'refused' | undefined {
    const identity: JanusIdentity | undefined = this.#options.authorize(credentials, visitor);
    if (identity === undefined) return 'refused';
    visitor.identified();
    const session = this.#table.find(id, identity);
    if (session !== undefined) session.heardAt = this.#options.now();
    return session;
  }

  /** Does what has come due: silence, long polls, cameras that were waited for. Called a few times a second. */
  tick(): void {
    this.#alarms.tick(this.#options.now());
    this.#table.tick();
  }

  /**
   * Ends the sessions for which `matches` says so: a token was revoked.
   * @returns how many.
   */
  endWhere(matches: (session: { readonly who: Identity }) => boolean): number {
    const ended = this.#table.all.filter(matches);
    for (const session of ended) this.#table.expire(session);
    return ended.length;
  }

  /** Ends everything. */
  close(): void {
    this.#table.close();
    this.#alarms.close();
  }

  /** A mistake of our own ends nobody's connection. */
  #refusalOf(thrown: unknown, envelope?: JanusEnvelope): JanusReply {
    this.counters.requestsRefused++;
    if (!(thrown instanceof JanusRefusal)) {
      this.#options.log.error({ error: thrown }, 'a request of a Janus client failed by our own fault');
    }
    const refusal = thrown instanceof JanusRefusal ? thrown : new JanusRefusal('unknown', 'Unknown error');
    return {
      janus: 'error',
      ...(envelope?.sessionId !== undefined && { sessionId: envelope.sessionId }),
      ...(envelope !== undefined && { transaction: envelope.transaction }),
      code: refusal.number,
      reason: refusal.message,
    };
  }
}
