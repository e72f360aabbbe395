import { isIPv4 } from 'node:net';

/** Where datagrams go. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

const CANDIDATE = /^a=candidate:(\S+) 1 udp (\d+) (\S+) (\d+) typ host.*$/i;

/** The first IPv4 candidate of a description. */
export function addressOf(sdp: string): Address {
  for (const line of sdp.split(/\r?\n/)) {
    const [, , , host = '', port] = CANDIDATE.exec(line) ?? [];
    if (isIPv4(host)) return { host, port: Number(port) };
  }
  throw new Error(`no candidate in\n${sdp}`);
}

/** The description with one candidate in the place of all. */
export function reachedAt(sdp: string, { host, port }: Address): string {
  let isThere = false;
  return sdp
    .split(/\r?\n/)
    .flatMap((line) => {
      const found = CANDIDATE.exec(line);
      if (!found) return /^a=candidate:/i.test(line) ? [] : [line];
      if (isThere) return [];
      isThere = true;
      return [`a=candidate:${found[1]} 1 udp ${found[2]} ${host} ${port} typ host`];
    })
    .join('\r\n');
}
