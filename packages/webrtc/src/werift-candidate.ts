import { isIP } from 'node:net';
import type { IceCandidate } from '@pinhole/media/sdp';
import { Candidate, candidateFoundation, candidatePriority } from 'werift';

/** A host candidate on one of our sockets; the lower `rank`, the sooner it is tried. */
export function hostCandidate(options: {
  readonly address: string;
  readonly port: number;
  readonly rank: number;
  readonly generation: number;
  readonly ufrag: string;
}): Candidate {
  const { address, port, rank, generation, ufrag } = options;
  return new Candidate(
    candidateFoundation('host', 'udp', address),
    1,
    'udp',
    candidatePriority('host', { transport: 'udp', localPreference: 65_535 - rank }),
    address,
    port,
    'host',
    undefined,
    undefined,
    undefined,
    generation,
    ufrag,
  );
}

/** Candidates for addresses by which peers reach the ports of `candidates` from elsewhere; tried after those. */
export function announcedCandidates(
  addresses: readonly string[],
  candidates: readonly IceCandidate[],
): IceCandidate[] {
  return addresses.flatMap((address, index) => {
    const bound = candidates.find((one) => one.type === 'host' && isIP(one.address) === isIP(address));
    return bound ? [{ ...bound, address, foundation: `a${index}`, priority: bound.priority - 256 * 64 }] : [];
  });
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
