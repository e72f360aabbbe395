import type { Identity } from '@pinhole/engine';

/** What somebody may do in the broker. */
export interface BrokerRights {
  /** Whether what it says may be kept for those who come later. */
  readonly mayRetain: boolean;
  mayPublish(topic: string, clientId: string): boolean;
  maySubscribe(filter: string, clientId: string): boolean;
}

/** Somebody who was let in. */
export interface BrokerIdentity {
  /** For revocation and expiry. */
  readonly who: Identity;
  /** Whoever comes with a client id that is taken replaces its holder only when this is the same. */
  readonly owner: string;
  readonly rights: BrokerRights;
}

/** What a CONNECT says about who sends it. */
export interface BrokerCredentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/** What became of it. */
export type BrokerAdmission =
  | { readonly kind: 'let-in'; readonly identity: BrokerIdentity }
  /** `again`: a later try may succeed. */
  | { readonly kind: 'refused'; readonly why: string; readonly again: boolean };

/** Decides who may come in. */
export type BrokerDoor = (credentials: BrokerCredentials) => BrokerAdmission;
