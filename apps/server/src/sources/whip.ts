import { createWhipSource } from '@pinhole/sources/whip';
import { type SourceKind, sourceFault } from './source-kind.ts';

/** A camera whose pictures somebody publishes: a browser, OBS, a board with WHIP. */
export interface WhipSpec {
  readonly kind: 'whip';
}

/** `whip:`, with nothing behind it: publishers send their offers to `/whip/{camera}`. */
export const whip: SourceKind<WhipSpec> = {
  kind: 'whip',
  schemes: ['whip'],
  example: 'whip:',
  parse: (text) => {
    if (!/^whip:?$/i.test(text)) {
      throw sourceFault(
        `"${text.slice(0, 40)}": write whip: alone; the publisher is told the address /whip/{camera}, not the camera that of the publisher`,
      );
    }
    return { kind: 'whip' };
  },
  open: (_, { camera, log, transports }) =>
    createWhipSource({ endpoint: `/whip/${encodeURIComponent(camera)}`, log, transports }),
  inWords: () => 'published by WHIP',
};
