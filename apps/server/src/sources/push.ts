import type { TranscoderTuning } from '@pinhole/sources/mjpeg';
import { createPushSource } from '@pinhole/sources/push';
import { ENCODER_SETTINGS, encoderSettings } from './encoder-settings.ts';
import { type SourceKind, settingsOf, sourceFault } from './source-kind.ts';

/** A camera whose JPEG pictures somebody sends in. */
export interface PushSpec {
  readonly kind: 'push';
  readonly encoder: TranscoderTuning;
}

const kind = 'push';

/** `push:[?bitrate=…]`: pictures are sent to `/push/{camera}`. */
export const push: SourceKind<PushSpec> = {
  kind,
  schemes: [kind],
  example: 'push:',
  parse: (text) => {
    const match = /^push:?(?:\?(?<query>\S*))?$/i.exec(text);
    if (match === null) {
      throw sourceFault(
        `"${text.slice(0, 40)}": write push: alone; the device is told the address /push/{camera}, not the camera that of the device`,
      );
    }
    const settings = settingsOf(kind, match.groups?.['query'] ?? '', ENCODER_SETTINGS);
    return { kind, encoder: encoderSettings(kind, settings) };
  },
  open: ({ encoder }, { camera, log }) =>
    createPushSource({ endpoint: `/push/${encodeURIComponent(camera)}`, encoder, log }),
  inWords: () => 'JPEG pictures sent in',
};
