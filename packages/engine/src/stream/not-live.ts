import { PinholeError } from '@pinhole/core';
import type { SourceState } from './source.ts';

/** Why a camera has no picture, by what its source is doing. @returns {PinholeError} `camera/not-live` */
export const notLive = (camera: string, state: SourceState): PinholeError =>
  new PinholeError('camera/not-live', `camera "${camera}" has no picture: ${inWords(state)}`);

const inWords = (state: SourceState): string => {
  switch (state.kind) {
    case 'idle':
      return 'its source is not running';
    case 'connecting':
      return 'its source is still connecting';
    case 'live':
      return 'its source runs, and no key frame came yet';
    case 'retrying':
      return state.retryInMs === 0
        ? state.why
        : `${state.why}; next try in ${Math.ceil(state.retryInMs / 1000)} s`;
    case 'failed':
      return state.why;
  }
};
