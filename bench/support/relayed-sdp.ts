/** A host candidate, as all ends of these benches have it: on this machine, by UDP. */
const CANDIDATE = /^a=candidate:(\S+) 1 udp (\d+) (\S+) (\d+) typ host.*$/i;

/** The port of the first candidate of a description. */
export function portOf(sdp: string): number {
  for (const line of sdp.split(/\r?\n/)) {
    const port = CANDIDATE.exec(line)?.[4];
    if (port !== undefined) return Number(port);
  }
  throw new Error(`no candidate in\n${sdp}`);
}

/** The description with one candidate in the place of all: this port of loopback. */
export function reachedAt(sdp: string, port: number): string {
  let isThere = false;
  return sdp
    .split(/\r?\n/)
    .flatMap((line) => {
      const found = CANDIDATE.exec(line);
      if (!found) return /^a=candidate:/i.test(line) ? [] : [line];
      if (isThere) return [];
      isThere = true;
      return [`a=candidate:${found[1]} 1 udp ${found[2]} 127.0.0.1 ${port} typ host`];
    })
    .join('\r\n');
}
