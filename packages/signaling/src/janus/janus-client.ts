import type { JanusServerMessage } from '@pinhole/protocol/janus';
import type { JanusVisitor } from './janus-identity.ts';

/** One WebSocket of a client of the Janus API. */
export interface JanusClient {
  readonly visitor: JanusVisitor;
  /** Does nothing after the end. */
  send(message: JanusServerMessage): void;
}
