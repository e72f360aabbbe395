import { MjpegError } from '../mjpeg-error.ts';
import { type HttpTarget, parseHttpTarget, targetInWords } from './http-target.ts';

/**
 * Where an answer sends us on to. A camera may move within itself (Tasmota does), also to another port; nobody who has
 * got hold of one may send us to other machines of the network, nor have a password repeated without TLS.
 *
 * @throws {MjpegError} `source/redirected`
 */
export function redirected(from: HttpTarget, location: string | undefined): HttpTarget {
  const base = targetInWords(from);
  const to =
    location !== undefined && URL.canParse(location, base)
      ? parseHttpTarget(new URL(location, base).href)
      : undefined;
  if (to === undefined) throw refused('it does not say where to, or to no HTTP address');
  if (to.host !== from.host)
    throw refused(`to another host, ${to.host.slice(0, 80)}: if that is the camera, write its address here`);
  if (from.secure && !to.secure)
    throw refused('from HTTPS to HTTP: write the address with http:// if that is meant');
  const { credentials: _, ...bare } = to;
  return from.credentials === undefined ? bare : { ...bare, credentials: from.credentials };
}

const refused = (why: string): MjpegError =>
  new MjpegError('source/redirected', `the camera redirects us, and we do not follow: ${why}`);
