import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Identity } from '@pinhole/engine';

/** An HTTP upgrade as Node hands it over. */
export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
}

/** Who wants to see what; may view it. */
export interface LiveContext {
  readonly camera: string;
  readonly identity: Identity;
  /** H.264 unless told. */
  readonly format?: 'jpeg';
  /** Of more JPEG pictures a second, so many. */
  readonly framesPerSecond?: number | undefined;
}
