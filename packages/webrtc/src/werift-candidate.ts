import { isIP } from 'node:net';
import type { IceCandidate } from '@pinhole/media/sdp';
import { Candidate, candidateFoundation, candidatePriority } from 'werift';

/** A host candidate on one of our sockets; the lower `rank`, the sooner it is tried. Those of TCP wait for the peer. */
export function hostCandidate(options: {
  readonly transport: 'udp' | 'tcp';
  readonly address: string;
  readonly port: number;
  readonly rank: number;
  readonly generation: number;
  readonly ufrag: string;
}): Candidate {
  const { transport, address, port, rank, generation, ufrag } = options;
  const tcptype = transport === 'tcp' ? ('passive' as const) : undefined;
  return new Candidate(
    candidateFoundation('host', transport, address),
    1,
    transport,
    candidatePriority('host', {
      transport,
      ...(tcptype ? { tcptype, otherPreference: 8191 - rank } : { localPreference: 65_535 - rank }),
    }),
    address,
    port,
    'host',
    undefined,
    undefined,
    tcptype,
    generation,
    ufrag,
  );
}

const TRANSPORTS = ['udp', 'tcp'] as const;

/** Candidates for addresses by which peers reach the ports of `candidates` from elsewhere; tried after those. */
export function announcedCandidates(
  addresses: readonly string[],
  candidates: readonly IceCandidate[],
): IceCandidate[] {
  return TRANSPORTS.flatMap((transport) =>
    addresses.flatMap((address, index) => {
      const bound = candidates.find(
        (one) => one.type === 'host' && one.transport === transport && isIP(one.address) === isIP(address),
      );
      const foundation = `${transport === 'udp' ? 'a' : 't'}${index}`;
      return bound ? [{ ...bound, address, foundation, priority: bound.priority - 256 * 64 }] : [];
    }),
  );
}

/** A candidate of the peer in werift's form. */
export function toWerift({
  foundation,
  component,
  transport,
  priority,
  address,
  port,
  type,
}: IceCandidate): Candidate {
  return new Candidate(foundation, component, transport, priority, address, port, type);
}

/** A candidate of werift's in SDP's form. */
export function fromWerift(candidate: Candidate): IceCandidate {
  const { foundation, component, priority, host, port, type, relatedAddress, relatedPort, tcptype } =
    candidate;
  return {
    foundation,
    component,
    transport: candidate.transport === 'tcp' ? 'tcp' : 'udp',
    priority,
    address: host,
    port,
    type: type as IceCandidate['type'],
    ...(relatedAddress !== undefined && { related: { address: relatedAddress, port: relatedPort ?? 0 } }),
    ...(tcptype !== undefined && { tcpType: tcptype }),
  };
}

/** Whether a candidate of the peer's is one that a check by UDP can go to, without a look-up. */
export const isUsable = ({ address, port, transport, component, type }: IceCandidate): boolean =>
  // Chromium tells candidates of a pool (`iceCandidatePoolSize`) as of component 0.
  isIP(address) !== 0 && transport === 'udp' && component <= 1 && type !== 'prflx' && port !== 0;
