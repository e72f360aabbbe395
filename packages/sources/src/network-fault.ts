/** Why a device on the network cannot be reached. */
export type NetworkCode =
  | 'source/refused'
  | 'source/no-such-host'
  | 'source/unreachable'
  | 'source/timeout'
  | 'source/ended';

const BY_NODE_CODE: Readonly<Record<string, readonly [NetworkCode, string]>> = {
  ECONNREFUSED: ['source/refused', 'connection refused: check host and port, and that the camera is on'],
  ENOTFOUND: ['source/no-such-host', 'no such host: check the name in the URL'],
  EAI_AGAIN: ['source/no-such-host', 'the host name cannot be looked up now'],
  EAI_NODATA: ['source/no-such-host', 'no such host: check the name in the URL'],
  EHOSTUNREACH: ['source/unreachable', 'no route to the host'],
  EHOSTDOWN: ['source/unreachable', 'no route to the host'],
  ENETUNREACH: ['source/unreachable', 'no route to the host'],
  ETIMEDOUT: ['source/timeout', 'did not answer in time'],
  ECONNRESET: ['source/ended', 'the camera closed the connection'],
  EPIPE: ['source/ended', 'the camera closed the connection'],
};

/** What a socket's error means, by the code that Node gives it; undefined for one that is not of the network. */
export function networkFault(
  nodeCode: string,
): { readonly code: NetworkCode; readonly why: string } | undefined {
  const [code, why] = BY_NODE_CODE[nodeCode] ?? [];
  return code === undefined ? undefined : { code, why: `${why} (${nodeCode})` };
}
