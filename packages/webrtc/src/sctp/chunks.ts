/** Chunk types (RFC 9260 §3.2, RFC 6525 §3.1, RFC 3758 §3.2). */
export const CHUNK = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
  reconfig: 130,
  forwardTsn: 192,
} as const;

/** Types of parameters (RFC 9260 §3.3.3.1, RFC 5061 §4.2.7, RFC 3758 §3.1, RFC 9653 §3, RFC 6525 §4). */
export const PARAMETER = {
  cookie: 7,
  supportedExtensions: 0x8008,
  forwardTsnSupported: 0xc000,
  zeroChecksumAcceptable: 0x8001,
  outgoingReset: 13,
  resetResponse: 16,
} as const;

/** Flags of a DATA chunk (RFC 9260 §3.3.1). */
export const DATA_FLAG = { last: 1, first: 2, unordered: 4, immediate: 8 } as const;

/** DTLS finds what a checksum would find (RFC 9653 §7). */
export const ERROR_DETECTION_BY_DTLS = 1;

/** A DATA chunk without its header. */
export interface DataChunk {
  readonly tsn: number;
  readonly streamId: number;
  /** Stream sequence number; of no meaning when unordered. */
  readonly ssn: number;
  readonly protocol: number;
  readonly first: boolean;
  readonly last: boolean;
  readonly unordered: boolean;
  /** A view of the packet when received. */
  readonly payload: Uint8Array;
}

/** A parameter of a chunk: a view. */
export interface SctpParameter {
  readonly type: number;
  readonly value: Uint8Array;
}

/** What INIT and INIT ACK say. */
export interface InitChunk {
  readonly tag: number;
  readonly windowBytes: number;
  readonly outboundStreams: number;
  readonly inboundStreams: number;
  readonly tsn: number;
  readonly parameters: readonly SctpParameter[];
}

/** What a SACK says; gaps are offsets from `tsn`, both ends included. */
export interface SackChunk {
  readonly tsn: number;
  readonly windowBytes: number;
  readonly gaps: readonly (readonly [first: number, last: number])[];
}

/** What the sender gave up up to and with `tsn`; of ordered messages the last of each stream. */
export interface ForwardTsnChunk {
  readonly tsn: number;
  readonly streams: readonly { readonly streamId: number; readonly ssn: number }[];
}

/** One chunk. */
export type SctpChunk =
  | ({ readonly kind: 'data'; readonly immediate: boolean } & DataChunk)
  | ({ readonly kind: 'init' } & InitChunk)
  | ({ readonly kind: 'init-ack' } & InitChunk)
  | ({ readonly kind: 'sack' } & SackChunk)
  | ({ readonly kind: 'forward-tsn' } & ForwardTsnChunk)
  | { readonly kind: 'heartbeat'; readonly body: Uint8Array }
  | { readonly kind: 'cookie-echo'; readonly body: Uint8Array }
  | { readonly kind: 'reconfig'; readonly parameters: readonly SctpParameter[] }
  | { readonly kind: 'cookie-ack' }
  | { readonly kind: 'heartbeat-ack' | 'error' }
  | { readonly kind: 'abort' | 'shutdown' | 'shutdown-ack' | 'shutdown-complete' }
  | { readonly kind: 'unknown'; readonly type: number };

/** One packet. */
export interface SctpPacket {
  readonly tag: number;
  readonly chunks: readonly SctpChunk[];
}
