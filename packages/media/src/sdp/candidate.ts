import { MalformedError } from '@pinhole/core';

/** One address at which a peer may be reached. */
export interface IceCandidate {
  readonly foundation: string;
  /** 1 with `rtcp-mux`. */
  readonly component: number;
  readonly transport: 'udp' | 'tcp';
  readonly priority: number;
  /** An IP address, or the name a browser puts in its place (`….local`). */
  readonly address: string;
  readonly port: number;
  readonly type: 'host' | 'srflx' | 'prflx' | 'relay';
  /** Where a reflexive or relayed one comes from. */
  readonly related?: { readonly address: string; readonly port: number };
  readonly tcpType?: string;
  readonly ufrag?: string;
}

const TYPES: readonly string[] = ['host', 'srflx', 'prflx', 'relay'] satisfies IceCandidate['type'][];

/** A longer line is no candidate. */
const MAX_CHARACTERS = 512;

/**
 * Parses the value of a `candidate` attribute, with or without `a=` and `candidate:` before it.
 *
 * @throws {MalformedError} `sdp/candidate` — for any input whatsoever, this is the only throw.
 * @see RFC 8839 §5.1
 */
export function parseCandidate(text: string): IceCandidate {
  if (text.length > MAX_CHARACTERS) throw malformed(`${text.length} characters, at most ${MAX_CHARACTERS}`);
  const words = text
    .trim()
    .replace(/^(?:a=)?(?:candidate:)?/, '')
    .split(/ +/);
  const [foundation = '', component, transport, priority, address, port, typ, type] = words;
  if (address === undefined || port === undefined || typ !== 'typ' || type === undefined) {
    throw malformed(`${JSON.stringify(text.slice(0, 80))} is not <foundation> … typ <type>`);
  }
  if (foundation === '' || foundation.length > 32) throw malformed('foundation of 1…32 characters');
  const lower = transport?.toLowerCase();
  if (lower !== 'udp' && lower !== 'tcp') throw malformed(`transport ${transport}, need udp or tcp`);
  if (!isType(type)) throw malformed(`type ${type}, need one of ${TYPES.join(', ')}`);
  const extras = new Map<string, string>();
  for (let at = 8; at + 1 < words.length; at += 2) extras.set(words[at] ?? '', words[at + 1] ?? '');
  const relatedAddress = extras.get('raddr');
  const tcpType = extras.get('tcptype');
  const ufrag = extras.get('ufrag');
  return {
    foundation,
    component: whole(component, { name: 'component', max: 256 }),
    transport: lower,
    priority: whole(priority, { name: 'priority', max: 2 ** 32 - 1 }),
    address,
    port: whole(port, { name: 'port', max: 0xffff }),
    type,
    ...(relatedAddress !== undefined && {
      related: {
        address: relatedAddress,
        port: whole(extras.get('rport') ?? '0', { name: 'rport', max: 0xffff }),
      },
    }),
    ...(tcpType !== undefined && { tcpType }),
    ...(ufrag !== undefined && { ufrag }),
  };
}

/** The value of a `candidate` attribute, without `a=candidate:`. */
export function serializeCandidate(candidate: IceCandidate): string {
  const { foundation, component, transport, priority, address, port, type, related, tcpType } = candidate;
  const words = [foundation, component, transport, priority, address, port, 'typ', type];
  if (related) words.push('raddr', related.address, 'rport', related.port);
  if (tcpType !== undefined) words.push('tcptype', tcpType);
  return words.join(' ');
}

const isType = (word: string): word is IceCandidate['type'] => TYPES.includes(word);

const malformed = (why: string): MalformedError => new MalformedError('sdp/candidate', `candidate: ${why}`);

function whole(
  word: string | undefined,
  { name, max }: { readonly name: string; readonly max: number },
): number {
  const number = /^\d{1,10}$/.test(word ?? '') ? Number(word) : Number.NaN;
  if (!(number <= max)) throw malformed(`${name} ${word}, need 0…${max}`);
  return number;
}
