import { PinholeError } from '@pinhole/core';

/** Why a Raspberry Pi camera is not live. */
export type RpicamCode =
  | 'source/no-camera'
  | 'source/busy'
  | 'source/forbidden'
  | 'source/no-program'
  | 'source/no-encoder'
  | 'source/no-memory'
  | 'source/bad-option'
  | 'source/timeout'
  | 'source/stalled'
  | 'source/ended'
  | 'source/crashed'
  | 'source/invalid-input';

/** Why a capture ended, for people and programs. */
export interface RpicamFailure {
  readonly code: RpicamCode;
  /** What happened and what helps. */
  readonly why: string;
}

/** What could not be done, with the reason. */
export class RpicamError extends PinholeError<RpicamCode> {
  override readonly name: string = 'RpicamError';
}

/** Another try with the same settings ends the same way. */
export const isFinal = ({ code }: RpicamFailure): boolean =>
  code === 'source/bad-option' || code === 'source/no-program';
