import type { Identity } from '@pinhole/engine';
import type { JanusCredentials } from '@pinhole/protocol/janus';

/** What somebody may do by the Janus API. */
export interface JanusIdentity {
  readonly who: Identity;
  mayView(camera: string): boolean;
  /** Who that is for a viewer of this camera, with the rights over it. */
  at(camera: string): Identity;
}

/** Who sends a request, as far as the connection tells. */
export interface JanusVisitor {
  readonly address: string;
  /** What the connection itself may do, by its address or what its handshake carried. */
  readonly identity: JanusIdentity | undefined;
  /** Called when a request showed who it is. */
  readonly identified: () => void;
}

/**
 * Finds out what a request may do by what it carries, and by where it comes from.
 * @returns undefined for a request that is refused.
 */
export type AuthorizeJanus = (
  credentials: JanusCredentials,
  visitor: JanusVisitor,
) => JanusIdentity | undefined;
