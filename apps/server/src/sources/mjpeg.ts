import { createMjpegSource, type TranscoderTuning } from '@pinhole/sources/mjpeg';
import { ENCODER_SETTINGS, encoderSettings } from './encoder-settings.ts';
import { type SourceKind, settingsOf, sourceFault } from './source-kind.ts';

/** A camera that sends JPEG pictures over HTTP. */
export interface MjpegSpec {
  readonly kind: 'mjpeg';
  /** With its credentials: never to be logged or sent out. */
  readonly url: string;
  readonly encoder: TranscoderTuning;
}

const kind = 'mjpeg';

/** Ours among the keys of the address; `fps` is left to the camera, for which many have a meaning of their own. */
const OURS = ENCODER_SETTINGS.filter((name) => name !== 'fps');

/**
 * `mjpeg:http://host/path[?bitrate=…][&gop=…][&encoder=…]`, also `mjpeg+http://host/path`; https too. These keys are ours
 * and are taken out before the camera sees the address.
 */
export const mjpeg: SourceKind<MjpegSpec> = {
  kind,
  schemes: [kind, 'mjpeg+http', 'mjpeg+https'],
  example: 'mjpeg:http://host/stream',
  parse: (text) => {
    const url = /^mjpeg[:+](https?:\/\/(?:[^/?#\s]*@)?[^@/?#\s]+(?:[/?][^#\s]*)?)$/i.exec(text)?.[1];
    if (url === undefined || !URL.canParse(url)) {
      throw sourceFault(
        'the mjpeg address cannot be read; write mjpeg:http://user:password@host:81/path, with special characters percent-encoded',
      );
    }
    const { theirs, ours } = divided(url);
    return { kind, url: theirs, encoder: encoderSettings(kind, settingsOf(kind, ours, OURS)) };
  },
  open: ({ url, encoder }, { log }) => createMjpegSource({ url, encoder, log }),
  inWords: ({ url }) => `JPEG over HTTP from ${new URL(url).host}`,
};

/** Divided as text, not as parsed query: writing that back would re-encode what the camera reads. */
function divided(url: string): { readonly theirs: string; readonly ours: string } {
  const [page = '', ...rest] = url.split('?');
  const keys = rest.join('?').split('&');
  const isOurs = (key: string): boolean => OURS.some((name) => key.startsWith(`${name}=`));
  const theirs = keys.filter((key) => !isOurs(key)).join('&');
  return { theirs: theirs === '' ? page : `${page}?${theirs}`, ours: keys.filter(isOurs).join('&') };
}
