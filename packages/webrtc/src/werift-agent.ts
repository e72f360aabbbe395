import { randomBytes } from 'node:crypto';
import {
  type Candidate,
  type Connection,
  parseIceServers,
  RTCIceGatherer,
  RTCIceTransport,
  type StunOverTurnProtocol,
  type StunProtocol,
} from 'werift';
import type { ConsentOptions } from './consent.ts';
import type { IceServer } from './ice-server.ts';
import type { RelayServer } from './relay.ts';

/** Parts of werift's ICE agent that its types keep to itself: we bring the sockets, it finds the path. */
export interface IceAgent {
  /** Checks that came before `start`, which it looks at then. */
  readonly earlyChecks: unknown[];
  readonly tieBreaker: bigint;
  localCandidatesStart: boolean;
  readonly protocols: (StunProtocol | StunOverTurnProtocol)[];
  /** Called once there is a path: from now on it asks whether the peer still wants what is sent. */
  queryConsent: () => void;
  ensureProtocol(protocol: StunProtocol | StunOverTurnProtocol): void;
  pairLocalProtocol(protocol: StunProtocol | StunOverTurnProtocol): void;
  appendLocalCandidate(candidate: Candidate): void;
}

/** The agent behind a connection. */
export const agentOf = (connection: Connection): IceAgent => connection as unknown as IceAgent;

/** An agent without sockets, which controls until it is told otherwise. */
export function openAgent(iceServers: readonly IceServer[]): {
  readonly transport: RTCIceTransport;
  readonly connection: Connection;
  /** The first TURN server that was named with an account. */
  readonly relayServer: RelayServer | undefined;
} {
  const { turnServer, turnUsername, turnPassword, turnTransport, ...servers } = parseIceServers(
    iceServers.map(({ urls, ...server }) => ({
      ...server,
      urls: typeof urls === 'string' ? urls : [...urls],
    })),
  );
  const gatherer = new RTCIceGatherer({ ...servers, useIpv4: false, useIpv6: false });
  const connection = gatherer.connection as Connection;
  // Many agents at one port are told apart by these, and werift's own names have 16 bits.
  connection.localUsername = randomBytes(6).toString('base64');
  connection.localPassword = randomBytes(18).toString('base64');
  // A check that comes before `start` is of a peer that answers our offer, and faster than its answer: then we control
  // (RFC 8445 §6.1.1). Told of a conflict, it would change its part, and nobody would nominate.
  connection.iceControlling = true;
  // werift asks a public server of its own choice when it is given none.
  if (servers.stunServer === undefined) delete connection.stunServer;
  const relayServer =
    turnServer && turnUsername && turnPassword
      ? {
          address: turnServer,
          username: turnUsername,
          credential: turnPassword,
          transport: turnTransport ?? 'udp',
        }
      : undefined;
  return { transport: new RTCIceTransport(gatherer), connection, relayServer };
}

/** Who an agent is in its checks, once it has a path. */
export const identityOf = (
  connection: Connection,
): Pick<ConsentOptions, 'local' | 'role' | 'tieBreaker'> => ({
  local: { ufrag: connection.localUsername, password: connection.localPassword },
  role: connection.iceControlling ? 'controlling' : 'controlled',
  tieBreaker: agentOf(connection).tieBreaker,
});
