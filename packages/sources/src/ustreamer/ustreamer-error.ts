import { PinholeError } from '@pinhole/core';

/** Why there are no pictures from a slot of µStreamer. */
export type UstreamerCode =
  | 'source/no-native'
  | 'source/no-slot'
  | 'source/unknown-slot'
  | 'source/forbidden'
  | 'source/stalled'
  | 'source/no-signal'
  | 'source/no-video'
  | 'source/failed';

/** A slot of shared memory, or what writes into it, is not as it should be. The message names what would help. */
export class UstreamerError extends PinholeError<UstreamerCode> {
  override readonly name: string = 'UstreamerError';
}
