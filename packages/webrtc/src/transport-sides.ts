import type { IceCandidate } from '@pinhole/media/sdp';

/** A certificate's fingerprint, as `a=fingerprint` has it. */
export interface Fingerprint {
  /** E.g. `sha-256`, in lower case. */
  readonly algorithm: string;
  /** Bytes in hexadecimal, parted by colons. */
  readonly value: string;
}

/** Our end of a connection, for the answer. */
export interface LocalSide {
  readonly ice: { readonly ufrag: string; readonly password: string };
  readonly fingerprint: Fingerprint;
  /** All there will be. */
  readonly candidates: readonly IceCandidate[];
}

/** The peer's data channels, when it offers any. */
export interface RemoteChannels {
  readonly sctpPort: number;
  readonly maxMessageBytes: number;
}

/** The peer's end of a connection, as its offer tells. */
export interface RemoteSide {
  readonly ice: { readonly ufrag: string; readonly password: string; readonly lite: boolean };
  readonly fingerprints: readonly Fingerprint[];
  readonly channels?: RemoteChannels;
}
