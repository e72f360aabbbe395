import type { Camera, Cameras } from '@pinhole/engine';
import { type Context, Hono } from 'hono';
import { identityAt, requireCamera } from '../auth/require.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';
import type { Downloads } from './downloads.ts';
import { fileResponse } from './file-response.ts';
import { footageResponse } from './footage-response.ts';
import type { CameraRecordings, Recordings } from './recordings.ts';
import { timeOf } from './time-of.ts';

/** Who may have what of the past. */
export interface RecordingFileServices {
  readonly cameras: Cameras;
  readonly recordings: Recordings;
  readonly downloads: Downloads;
}

/** A camera, and what it has of its past. */
interface Past extends CameraRecordings {
  readonly camera: Camera;
}

/** `/cameras/{camera}/recordings/…`, `/cameras/{camera}/footage.mp4` and `…/thumbnail.jpg`, for those with the right to download. */
export function recordingFileRoutes(services: RecordingFileServices): Hono<ServerEnv> {
  const { cameras, recordings, downloads } = services;
  const routes = new Hono<ServerEnv>();
  const serve = async (
    context: Context<ServerEnv>,
    respond: (past: Past) => Promise<Response>,
  ): Promise<Response> => {
    const access = context.get('access');
    const camera = requireCamera(cameras, access, context.req.param('camera') ?? '', 'download');
    const past = { camera, ...recordingsOf(recordings, camera.id) };
    const who = identityAt(access, camera.id);
    const connection = context.env.outgoing;
    const response = await downloads.serve({ camera: camera.id, who, connection }, () => respond(past));
    // Whoever wrote an address with its token in it may show it anywhere; what needs none stays on our own pages.
    if (context.req.query('token') !== undefined) {
      response.headers.set('Cross-Origin-Resource-Policy', 'cross-origin');
    }
    return response;
  };
  routes.get('/cameras/:camera/recordings/:path{.+}', (context) =>
    serve(context, ({ archive }) => fileResponse(archive, context.req.param('path'), context.req.raw)),
  );
  routes.get('/cameras/:camera/footage.mp4', (context) =>
    serve(context, ({ footage, camera }) => footageResponse(footage, context.req.raw, camera.id)),
  );
  routes.get('/cameras/:camera/thumbnail.jpg', (context) =>
    serve(context, ({ archive }) => {
      const path = archive.thumbnail(timeOf('at', context.req.query('at') ?? ''));
      if (path === undefined)
        throw new HttpProblem(404, 'recording/not-found', 'there is no picture near that time');
      return fileResponse(archive, path, context.req.raw);
    }),
  );
  return routes;
}

/** Every camera of the server has recordings, if only none yet. @throws {HttpProblem} `camera/unknown` */
export function recordingsOf(recordings: Recordings, camera: string): CameraRecordings {
  const found = recordings.of(camera);
  if (found) return found;
  throw new HttpProblem(404, 'camera/unknown', `there is no camera "${camera.slice(0, 64)}"`);
}
