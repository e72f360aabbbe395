import type { LiveContext } from '@pinhole/outputs/live';
import { parseRate } from '@pinhole/outputs/mjpeg';
import { HttpProblem } from './problem.ts';

/** What a WebSocket's address asks for. */
export interface SocketRoute {
  /** Which of our protocols, by the first part of the path. */
  readonly kind: 'live' | 'raspicam' | 'push';
  readonly camera: string;
  readonly wish: Pick<LiveContext, 'format' | 'framesPerSecond'>;
}

/**
 * Reads `/live/{camera}?format=jpeg&fps=10`, `/push/{camera}`, `/ws/{camera}`, and `/ws/` for the default camera.
 * @throws {HttpProblem} `http/not-found`, `live/bad-format`; {PinholeError} `mjpeg/bad-rate`
 */
export function socketRouteOf(
  { pathname, searchParams }: URL,
  options: { readonly defaultCamera: string },
): SocketRoute {
  const raspicam = /^\/ws(?:\/([^/]*))?$/.exec(pathname);
  if (raspicam) return { kind: 'raspicam', camera: raspicam[1] || options.defaultCamera, wish: {} };
  const push = /^\/push\/([^/]+)$/.exec(pathname);
  if (push?.[1] !== undefined) return { kind: 'push', camera: push[1], wish: {} };
  const live = /^\/live\/([^/]+)$/.exec(pathname);
  if (live?.[1] === undefined) {
    throw new HttpProblem(404, 'http/not-found', `no WebSocket is served at ${pathname.slice(0, 200)}`);
  }
  return { kind: 'live', camera: live[1], wish: wishOf(searchParams) };
}

function wishOf(query: URLSearchParams): SocketRoute['wish'] {
  const format = query.get('format');
  if (format === null || format === 'h264') return {};
  if (format === 'jpeg') return { format, framesPerSecond: parseRate(query.get('fps')) };
  throw new HttpProblem(400, 'live/bad-format', `format "${format.slice(0, 20)}": write jpeg or h264`);
}
