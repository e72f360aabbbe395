import type { RoomBusMessage } from '@pinhole/protocol/rooms';
import type { Membership } from './membership.ts';
import type { Nodes } from './nodes.ts';
import type { RoomBusHandler } from './room-bus.ts';
import type { RoomState } from './room-state.ts';
import type { Viewing } from './viewing.ts';

/** Who does what with what other processes say. */
export interface BusParts {
  readonly membership: Membership;
  readonly viewing: Viewing;
  readonly nodes: Nodes;
}

/** Sends what other processes say where it belongs. */
export const busInbox = (state: RoomState, parts: BusParts): RoomBusHandler => ({
  receive: (message) => {
    if (message.node !== state.node) receive(message, state, parts);
  },
  connected: () => parts.nodes.introduce(),
});

function receive(message: RoomBusMessage, state: RoomState, { membership, viewing, nodes }: BusParts): void {
  switch (message.type) {
    case 'up':
    case 'down':
    case 'beat':
    case 'all':
      nodes.presence(message);
      break;
    case 'sync':
      nodes.answerSync(message.node);
      break;
    case 'bye':
      nodes.forget(message.node, 'server-stopped');
      break;
    case 'deliver':
      deliver(message, state, viewing);
      break;
    case 'request':
      viewing.remoteRequest(message);
      break;
    case 'unview':
      viewing.remoteUnview(message);
      break;
    case 'reject':
      viewing.rejected(message);
      break;
    case 'probe':
      membership.contests.probe(message.clientId, message.node);
      break;
    case 'alive':
      membership.contests.ownerLives(message.clientId);
      break;
  }
}

function deliver(
  { to, from, text, offer }: Extract<RoomBusMessage, { readonly type: 'deliver' }>,
  { clients, counters }: RoomState,
  viewing: Viewing,
): void {
  const client = clients.get(to);
  if (client === undefined) {
    counters.deliveredTooLate++;
    return;
  }
  if (offer === true) viewing.offered(to, from);
  client.port.send(text);
}
