import { CHUNK, ERROR_DETECTION_BY_DTLS, type InitChunk, PARAMETER, type SctpParameter } from './chunks.ts';
import { serializeChunk, serializeInit } from './serialize-packet.ts';

/** Streams in each direction: as many as there are (RFC 8831 §6.2). */
const STREAMS = 65_535;

/** What the other end of an association told of itself. */
export interface SctpPeer {
  readonly tag: number;
  readonly firstTsn: number;
  readonly windowBytes: number;
  /** It understands that messages are given up (RFC 3758). */
  readonly forwards: boolean;
  /** It understands that streams are reset (RFC 6525). */
  readonly resets: boolean;
  /** It can do without checksums (RFC 9653). */
  readonly zeroChecksum: boolean;
}

/** What this end tells of itself. */
export interface SctpSelf {
  readonly tag: number;
  readonly firstTsn: number;
  readonly windowBytes: number;
}

/** The INIT chunk of this end. */
export const initOf = (self: SctpSelf): Uint8Array => serializeInit(CHUNK.init, initChunk(self, []));

/** The INIT ACK chunk of this end; the peer sends `cookie` back. */
export const initAckOf = (self: SctpSelf, cookie: Uint8Array): Uint8Array =>
  serializeInit(CHUNK.initAck, initChunk(self, [{ type: PARAMETER.cookie, value: cookie }]));

/** The answer to an INIT ACK; undefined when that has no cookie. */
export function cookieEchoOf({ parameters }: InitChunk): Uint8Array | undefined {
  const cookie = parameters.find(({ type }) => type === PARAMETER.cookie);
  return cookie && serializeChunk(CHUNK.cookieEcho, cookie.value);
}

/** What an INIT or INIT ACK tells of the peer; undefined for one that must not be answered (RFC 9260 §3.3.2). */
export function peerOf({
  tag,
  tsn,
  windowBytes,
  outboundStreams,
  inboundStreams,
  parameters,
}: InitChunk): SctpPeer | undefined {
  if (tag === 0 || outboundStreams === 0 || inboundStreams === 0) return undefined;
  const parameter = (type: number): Uint8Array | undefined =>
    parameters.find((one) => one.type === type)?.value;
  const extensions = parameter(PARAMETER.supportedExtensions) ?? new Uint8Array(0);
  const detection = parameter(PARAMETER.zeroChecksumAcceptable);
  return {
    tag,
    firstTsn: tsn,
    windowBytes,
    forwards: parameter(PARAMETER.forwardTsnSupported) !== undefined || extensions.includes(CHUNK.forwardTsn),
    resets: extensions.includes(CHUNK.reconfig),
    zeroChecksum: detection?.byteLength === 4 && detection[3] === ERROR_DETECTION_BY_DTLS,
  };
}

const initChunk = (
  { tag, firstTsn, windowBytes }: SctpSelf,
  parameters: readonly SctpParameter[],
): InitChunk => ({
  tag,
  windowBytes,
  outboundStreams: STREAMS,
  inboundStreams: STREAMS,
  tsn: firstTsn,
  parameters: [
    { type: PARAMETER.zeroChecksumAcceptable, value: Uint8Array.of(0, 0, 0, ERROR_DETECTION_BY_DTLS) },
    { type: PARAMETER.forwardTsnSupported, value: new Uint8Array(0) },
    { type: PARAMETER.supportedExtensions, value: Uint8Array.of(CHUNK.reconfig, CHUNK.forwardTsn) },
    ...parameters,
  ],
});
