import { RtspError } from './rtsp-error.ts';
import { parseRtspTarget, type RtspTarget } from './rtsp-target.ts';

/**
 * Where a camera sends us on to: another path or port of its own, never another host, and never from TLS to without:
 * the credentials go along.
 * @throws {RtspError} `source/failed`
 */
export function followRedirect(from: RtspTarget, location: string): RtspTarget {
  const url = location.startsWith('/') ? from.url.replace(/^(\w+:\/\/[^/?]*).*$/, `$1${location}`) : location;
  const to = parseRtspTarget(url);
  if (to === undefined)
    throw new RtspError('source/failed', 'the camera sends us on, but not to an RTSP address');
  if (to.host.toLowerCase() !== from.host.toLowerCase()) {
    throw new RtspError(
      'source/failed',
      `the camera sends us on to another host, ${to.host}: write that address if it is meant`,
    );
  }
  if (from.secure && !to.secure) {
    throw new RtspError(
      'source/failed',
      'the camera sends us on from rtsps to rtsp, which anybody may listen to',
    );
  }
  const { credentials: _, ...rest } = to;
  return { ...rest, ...(from.credentials && { credentials: from.credentials }) };
}
