import type { Fingerprint } from '../transport-sides.ts';
import { createCertificate, type DtlsCertificate } from './certificate.ts';
import { DtlsConnection } from './dtls-connection.ts';
import type { HandshakeResult } from './handshake.ts';

/** One end of a pair. */
export interface SimulatedEnd {
  readonly connection: DtlsConnection;
  readonly certificate: DtlsCertificate;
  /** What came inside DTLS, and the end of it. */
  readonly heard: string[];
  /** Datagrams it sent. */
  readonly sent: Uint8Array[];
  /** Begins the handshake. */
  shakeHands(expected?: Fingerprint): Promise<HandshakeResult>;
}

/** What is done to a datagram on its way: when it arrives, once for each number, in ms from now; never where there is none. */
export type Weather = (
  datagram: Uint8Array,
  way: { readonly to: 'client' | 'server'; readonly nth: number },
) => readonly number[];

/** A client and a server with a network between them that does to datagrams what it is told; for tests. */
export function simulatedPair(
  options: {
    readonly weather?: Weather;
    readonly client?: DtlsCertificate;
    readonly server?: DtlsCertificate;
  } = {},
): { readonly client: SimulatedEnd; readonly server: SimulatedEnd } {
  const { weather = () => [10] } = options;
  const certificates = {
    client: options.client ?? createCertificate(),
    server: options.server ?? createCertificate(),
  };
  const open = (
    role: 'client' | 'server',
    other: 'client' | 'server',
    peer: () => SimulatedEnd,
  ): SimulatedEnd => {
    const sent: Uint8Array[] = [];
    const heard: string[] = [];
    const certificate = certificates[role];
    const connection = new DtlsConnection({
      certificate,
      send: (datagram) => {
        const nth = sent.push(datagram) - 1;
        for (const delayMs of weather(datagram, { to: other, nth }))
          setTimeout(() => peer().connection.receive(datagram.slice()), delayMs);
      },
    });
    return {
      connection,
      certificate,
      heard,
      sent,
      shakeHands: (expected = certificates[other].fingerprint) =>
        connection.handshake({
          role,
          fingerprints: [expected],
          closed: () => heard.push('(closed)'),
          plain: (payload) => heard.push(Buffer.from(payload).toString()),
        }),
    };
  };
  const client: SimulatedEnd = open('client', 'server', () => server);
  const server: SimulatedEnd = open('server', 'client', () => client);
  return { client, server };
}

/** Numbers that look like chance and are the same each time. */
export function seededRandom(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}
