import {
  attachElements,
  createElements,
  type JanusEnvelope,
  JanusRefusal,
  type JanusReply,
  messageElements,
  trickleElements,
  UNAUTHORIZED,
} from '@pinhole/protocol/janus';
import type { JanusGatewayOptions } from './gateway-options.ts';
import type { HandleContext } from './handle-connection.ts';
import type { JanusClient } from './janus-client.ts';
import type { JanusIdentity, JanusVisitor } from './janus-identity.ts';
import type { JanusSession } from './janus-session.ts';
import { serverInfo } from './server-info.ts';
import type { SessionTable } from './session-table.ts';
import { UstreamerHandle } from './ustreamer-handle.ts';

/** A request, and the way back. */
export interface JanusWork {
  readonly envelope: JanusEnvelope;
  readonly visitor: JanusVisitor;
  /** The WebSocket that it came by; undefined: it came by HTTP. */
  readonly client: JanusClient | undefined;
  /** Takes the one answer, at once or later. */
  readonly reply: (reply: JanusReply) => void;
}

/** What requests are worked on with. */
export interface RequestContext extends HandleContext {
  readonly options: JanusGatewayOptions;
  readonly table: SessionTable;
}

/**
 * Works on a request.
 * @throws {JanusRefusal} with the error that it is answered with, then nothing has happened
 */
export function workOnRequest(work: JanusWork, context: RequestContext): void {
  const { envelope } = work;
  if (envelope.sessionId === undefined) {
    workForServer(work, context);
    return;
  }
  if (envelope.handleId === 'invalid') throw new JanusRefusal('noSuchHandle', 'Handle not found');
  const identity = authorized(work, context);
  const { sessionId, handleId } = envelope;
  const session = context.table.find(sessionId, identity);
  if (session === undefined) throw new JanusRefusal('noSuchSession', `No such session ${sessionId}`);
  session.heardAt = context.options.now();
  const handle = handleId === undefined ? undefined : session.handles.get(handleId);
  if (handleId !== undefined && handle === undefined) {
    throw new JanusRefusal('noSuchHandle', `No such handle ${handleId} in session ${sessionId}`);
  }
  new SessionWork(work, context, { session, handle, identity }).perform();
}

function workForServer({ envelope, visitor, client, reply }: JanusWork, context: RequestContext): void {
  const { verb, transaction, fields } = envelope;
  if (envelope.handleId !== undefined) throw new JanusRefusal('noSuchSession', 'Session not found');
  switch (verb) {
    case 'info':
      reply({ janus: 'server_info', transaction, about: serverInfo(context.options) });
      return;
    case 'ping':
      reply({ janus: 'pong', transaction });
      return;
    case 'create': {
      const { id } = createElements(fields);
      const identity = authorized({ envelope, visitor }, context);
      const session = context.table.create(identity, id);
      session.mailbox.give(client);
      reply({ janus: 'success', transaction, id: session.id });
      return;
    }
    default:
      throw unhandled(envelope);
  }
}

/** @throws {JanusRefusal} `unauthorized` */
function authorized(
  { envelope, visitor }: Pick<JanusWork, 'envelope' | 'visitor'>,
  { options }: RequestContext,
): JanusIdentity {
  const identity = options.authorize(envelope.credentials, visitor);
  if (identity === undefined) throw new JanusRefusal('unauthorized', UNAUTHORIZED);
  visitor.identified();
  return identity;
}

const unhandled = ({ written }: JanusEnvelope): JanusRefusal =>
  new JanusRefusal('invalidPath', `Unhandled request '${written.slice(0, 64)}' at this path`);

/** A request for a session, and for one of its handles where it names one. */
class SessionWork {
  readonly #work: JanusWork;
  readonly #context: RequestContext;
  readonly #session: JanusSession;
  readonly #handle: UstreamerHandle | undefined;
  readonly #identity: JanusIdentity;

  constructor(
    work: JanusWork,
    context: RequestContext,
    target: {
      readonly session: JanusSession;
      readonly handle: UstreamerHandle | undefined;
      readonly identity: JanusIdentity;
    },
  ) {
    this.#work = work;
    this.#context = context;
    this.#session = target.session;
    this.#handle = target.handle;
    this.#identity = target.identity;
  }

  perform(): void {
    const { envelope, client } = this.#work;
    switch (envelope.verb) {
      case 'keepalive':
        this.#answer('ack');
        break;
      case 'claim':
        this.#context.counters.sessionsClaimed++;
        this.#answer('success');
        this.#session.mailbox.give(client);
        break;
      case 'destroy':
        this.#context.table.delete(this.#session);
        this.#answer('success');
        this.#session.end('Close PC', 'untold');
        break;
      case 'attach':
        if (this.#handle !== undefined) throw unhandled(envelope);
        this.#attach();
        break;
      case 'message':
      case 'trickle':
      case 'hangup':
      case 'detach':
        if (this.#handle === undefined) throw unhandled(envelope);
        this.#performAt(this.#handle, envelope.verb);
        break;
      default:
        throw new JanusRefusal('unknownRequest', `Unknown request '${envelope.written.slice(0, 64)}'`);
    }
  }

  #performAt(handle: UstreamerHandle, verb: 'message' | 'trickle' | 'hangup' | 'detach'): void {
    const { envelope, reply } = this.#work;
    const { transaction, fields } = envelope;
    switch (verb) {
      case 'message':
        handle.message({ transaction, ...messageElements(fields), identity: this.#identity, reply });
        break;
      case 'trickle': {
        const { candidates, passedOver } = trickleElements(fields);
        this.#context.counters.candidatesPassedOver += passedOver;
        for (const candidate of candidates) handle.candidate(candidate);
        this.#answer('ack');
        break;
      }
      case 'hangup':
        this.#answer('success');
        handle.hangup('Janus API');
        break;
      case 'detach':
        this.#session.handles.delete(handle.id);
        this.#answer('success');
        handle.close('Detach');
        this.#session.mailbox.put({ janus: 'detached', sessionId: this.#session.id, sender: handle.id });
        break;
    }
  }

  #attach(): void {
    const { envelope, reply } = this.#work;
    const { options, counters } = this.#context;
    const { plugin } = attachElements(envelope.fields);
    const camera = options.plugins.get(plugin);
    if (camera === undefined) {
      throw new JanusRefusal('noSuchPlugin', `No such plugin '${plugin.slice(0, 128)}'`);
    }
    if (!options.cameras.list().some(({ id }) => this.#identity.mayView(id))) {
      throw new JanusRefusal('unauthorizedPlugin', `Provided token can't access plugin '${plugin}'`);
    }
    const { id: sessionId, handles, mailbox } = this.#session;
    const most = options.limits.handlesPerSession;
    if (handles.size >= most) {
      counters.handlesRefused++;
      throw new JanusRefusal(
        'attachFailed',
        `Couldn't attach to plugin: error 'this session has ${most} handles already'`,
      );
    }
    const id = freshIn(handles, options.newId);
    const place = { id, sessionId, plugin, tell: mailbox.put.bind(mailbox) };
    handles.set(id, new UstreamerHandle(this.#context, place, camera));
    counters.handlesOpened++;
    reply({ janus: 'success', sessionId, transaction: envelope.transaction, id });
  }

  #answer(janus: 'ack' | 'success'): void {
    const { envelope, reply } = this.#work;
    reply({ janus, sessionId: this.#session.id, transaction: envelope.transaction });
  }
}

function freshIn(taken: ReadonlyMap<number, unknown>, newId: () => number): number {
  for (;;) {
    const id = newId();
    if (!taken.has(id)) return id;
  }
}
