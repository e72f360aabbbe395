import { type Millis, millis } from '@pinhole/core';
import type { MemberRecord, RoomBusMessage } from '@pinhole/protocol/rooms';
import type { Membership } from './membership.ts';
import { type RoomState, recordOf } from './room-state.ts';

/** How often a process says that it lives. */
export const BEAT_MS = millis(10_000);
/** A process of which nothing is heard for so long is gone, and its members with it. */
const LEASE_MS = millis(30_000);

interface Node {
  seq: number;
  heardAt: Millis;
  readonly members: Set<string>;
}

type Presence = Extract<RoomBusMessage, { readonly type: 'up' | 'down' | 'beat' | 'all' }>;

/** What the other processes have in their rooms, kept by what they say; what was missed is asked for. */
export class Nodes {
  readonly #state: RoomState;
  readonly #membership: Membership;
  readonly #nodes = new Map<string, Node>();
  #beatAt = millis(0);

  constructor(state: RoomState, membership: Membership) {
    this.#state = state;
    this.#membership = membership;
  }

  get size(): number {
    return this.#nodes.size;
  }

  /** Tells the others what is here, and asks what is there. */
  introduce(): void {
    const { bus } = this.#state.options;
    bus.broadcast(this.#all());
    bus.broadcast({ type: 'sync', node: this.#state.node });
  }

  /** To the one that asked. */
  answerSync(node: string): void {
    this.#state.options.bus.send(node, this.#all());
  }

  presence(message: Presence): void {
    const known = this.#nodes.get(message.node);
    const node: Node = known ?? { seq: message.seq, heardAt: millis(0), members: new Set() };
    node.heardAt = this.#state.options.now();
    this.#nodes.set(message.node, node);
    if (message.type === 'all') {
      node.seq = message.seq;
      this.#replace(message.node, node, message.members);
      return;
    }
    const expected = message.type === 'beat' ? node.seq : node.seq + 1;
    if (known === undefined || message.seq !== expected) {
      if (known !== undefined) this.#state.counters.busGaps++;
      this.#state.options.bus.send(message.node, { type: 'sync', node: this.#state.node });
    }
    node.seq = message.seq;
    if (message.type === 'up') this.#up(message.node, node, message.member);
    else if (message.type === 'down') this.#down(message.node, node, message.clientId, message.reason);
  }

  /** A process is gone: its members are gone. */
  forget(name: string, reason: string): void {
    const node = this.#nodes.get(name);
    if (node === undefined) return;
    for (const clientId of node.members) this.#down(name, node, clientId, reason);
    this.#nodes.delete(name);
  }

  tick(now: Millis): void {
    if (now - this.#beatAt >= BEAT_MS) {
      this.#beatAt = now;
      this.#state.options.bus.broadcast({ type: 'beat', node: this.#state.node, seq: this.#state.sequence });
    }
    for (const [name, { heardAt }] of this.#nodes) {
      if (now - heardAt < LEASE_MS) continue;
      this.#state.counters.nodesLost++;
      this.forget(name, 'server-lost');
    }
  }

  #all(): RoomBusMessage {
    const { node, sequence, directory } = this.#state;
    const members = [...directory.members.values()].filter((entry) => entry.node === node).map(recordOf);
    return { type: 'all', node, seq: sequence, members };
  }

  #replace(name: string, node: Node, members: readonly MemberRecord[]): void {
    const there = new Set(members.map(({ clientId }) => clientId));
    for (const clientId of node.members)
      if (!there.has(clientId)) this.#down(name, node, clientId, 'disconnected');
    for (const member of members) this.#up(name, node, member);
  }

  #up(name: string, node: Node, member: MemberRecord): void {
    node.members.add(member.clientId);
    this.#membership.remoteUp({ ...member, node: name });
  }

  #down(name: string, node: Node, clientId: string, reason: string): void {
    node.members.delete(clientId);
    if (this.#state.directory.get(clientId)?.node === name) this.#membership.remoteDown(clientId, reason);
  }
}
