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
  /** Who opens DTLS, as `a=setup` has it: we do (`active`, the default), or the peer. */
  readonly setup?: 'active' | 'passive';
}

/** The peer's data channels, when it offers any. */
export interface RemoteChannels {
  readonly sctpPort: number;
  readonly maxMessageBytes: number;
}

/** How a peer's connectivity checks are signed. */
export interface RemoteIce {
  readonly ufrag: string;
  readonly password: string;
  /** It makes no checks of its own (RFC 8445 §2.5). */
  readonly lite: boolean;
  /** Its part: `controlled` answered our offer. Default `controlling` (RFC 8445 §6.1.1). */
  readonly role?: 'controlling' | 'controlled';
}

/** The peer's end of a connection, as its offer or answer tells. */
export interface RemoteSide {
  readonly ice: RemoteIce;
  readonly fingerprints: readonly Fingerprint[];
  /** Its part in DTLS; default `server`. */
  readonly dtlsRole?: 'client' | 'server';
  readonly channels?: RemoteChannels;
}
