import { type Millis, millis } from '@pinhole/core';
import type { RoomClientMessageOf } from '@pinhole/protocol/rooms';
import type { Entry } from './directory.ts';
import type { RoomClient } from './room-client.ts';
import { RoomRefusal } from './room-refusal.ts';
import type { RoomState } from './room-state.ts';

type Join = RoomClientMessageOf<'join'>;

/** How long somebody may take to show that it lives, when another wants its camera id. */
export const PROBE_MS = millis(3000);
/** A process that has the owner needs a moment to say how it ended. */
const ANSWER_MS = millis(2000);

/** What contests lead to. */
export interface ContestOutcomes {
  /** @throws {RoomRefusal} */
  join(client: RoomClient, join: Join): void;
  /** A client of this process that did not answer. */
  endDead(client: RoomClient): void;
}

/**
 * Somebody wants a camera id that another has and cannot prove to be the same: mostly the same camera, back before its
 * old connection was found dead. The owner is asked for a sign of life, by the process that has its socket. It keeps the
 * id when it gives one; when it does not, it goes, and the other joins.
 */
export class Contests {
  readonly #state: RoomState;
  readonly #outcomes: ContestOutcomes;
  /** Who waits, by the owner's client id; one at a time. */
  readonly #waiting = new Map<
    string,
    { readonly client: RoomClient; readonly join: Join; readonly deadline: Millis }
  >();
  /** Clients of this process that were asked, and for which processes. */
  readonly #probed = new Map<string, { readonly nodes: Set<string>; readonly deadline: Millis }>();

  constructor(state: RoomState, outcomes: ContestOutcomes) {
    this.#state = state;
    this.#outcomes = outcomes;
  }

  /** @throws {RoomRefusal} `camera-id-taken` when somebody waits already */
  open(client: RoomClient, { join, owner }: { readonly join: Join; readonly owner: Entry }): void {
    if (this.#waiting.has(owner.clientId)) throw taken();
    const deadline = millis(this.#state.options.now() + PROBE_MS + ANSWER_MS);
    this.#waiting.set(owner.clientId, { client, join, deadline });
    const { node } = this.#state;
    if (owner.node === node) this.probe(owner.clientId, node);
    else this.#state.options.bus.send(owner.node, { type: 'probe', node, clientId: owner.clientId });
  }

  /** Asks a client of this process for a sign of life, for the process that wants to know. */
  probe(clientId: string, node: string): void {
    const client = this.#state.clients.get(clientId);
    if (client === undefined) return;
    const asked = this.#probed.get(clientId);
    if (asked !== undefined) {
      asked.nodes.add(node);
      return;
    }
    const deadline = millis(this.#state.options.now() + PROBE_MS);
    this.#probed.set(clientId, { nodes: new Set([node]), deadline });
    client.port.probe();
  }

  /** A client of this process gave a sign of life. */
  heard(clientId: string): void {
    const asked = this.#probed.get(clientId);
    if (asked === undefined) return;
    this.#probed.delete(clientId);
    const { node: own, options } = this.#state;
    for (const node of asked.nodes) {
      if (node === own) this.ownerLives(clientId);
      else options.bus.send(node, { type: 'alive', node: own, clientId });
    }
  }

  /** An owner, wherever it is, gave a sign of life. */
  ownerLives(clientId: string): void {
    const waiting = this.#waiting.get(clientId);
    if (waiting === undefined) return;
    this.#waiting.delete(clientId);
    this.#refuse(waiting.client, taken());
  }

  /** An owner, wherever it was, has left its room: who waited for its camera id joins. */
  ownerGone(clientId: string): void {
    this.#probed.delete(clientId);
    const waiting = this.#waiting.get(clientId);
    if (waiting === undefined) return;
    this.#waiting.delete(clientId);
    try {
      this.#outcomes.join(waiting.client, waiting.join);
    } catch (thrown) {
      if (!(thrown instanceof RoomRefusal)) throw thrown;
      this.#refuse(waiting.client, thrown);
    }
  }

  /** The one who waits is gone, or wants something else now. */
  forget(clientId: string): void {
    for (const [owner, { client }] of this.#waiting) if (client.id === clientId) this.#waiting.delete(owner);
    if (!this.#state.clients.has(clientId)) this.#probed.delete(clientId);
  }

  tick(now: Millis): void {
    for (const [clientId, { deadline }] of this.#probed) {
      if (now < deadline) continue;
      this.#probed.delete(clientId);
      const client = this.#state.clients.get(clientId);
      if (client === undefined) continue;
      this.#state.counters.ownersFoundDead++;
      this.#outcomes.endDead(client);
    }
    for (const [owner, { deadline }] of this.#waiting) if (now >= deadline) this.ownerLives(owner);
  }

  #refuse(client: RoomClient, { code, message }: RoomRefusal): void {
    this.#state.counters.messagesRefused++;
    this.#state.tell(client, { type: 'error', code, message, re: 'join' });
  }
}

const taken = (): RoomRefusal =>
  new RoomRefusal('camera-id-taken', 'another camera has this id in the room, and it lives');
