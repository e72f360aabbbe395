import type { Camera, Cameras } from '@pinhole/engine';
import { type Context, Hono } from 'hono';
import { requireCamera } from '../auth/require.ts';
import { HttpProblem } from '../http/problem.ts';
import type { ServerEnv } from '../http/request-context.ts';
import { fileResponse } from './file-response.ts';
import { footageResponse } from './footage-response.ts';
import type { CameraRecordings, Recordings } from './recordings.ts';
import { timeOf } from './time-of.ts';

/** Who may have what of the past. */
export interface RecordingFileServices {
  readonly cameras: Cameras;
  readonly recordings: Recordings;
}

/** `/cameras/{camera}/recordings/…`, `/cameras/{camera}/footage.mp4` and `…/thumbnail.jpg`, for those with the right to download. */
export function recordingFileRoutes({ cameras, recordings }: RecordingFileServices): Hono<ServerEnv> {
  const routes = new Hono<ServerEnv>();
  const past = (context: Context<ServerEnv>): { camera: Camera } & CameraRecordings => {
    const id = context.req.param('camera') ?? '';
    const camera = requireCamera(cameras, context.get('access'), id, 'download');
    return { camera, ...recordingsOf(recordings, camera.id) };
  };
  routes.get('/cameras/:camera/recordings/:path{.+}', (context) =>
    fileResponse(past(context).archive, context.req.param('path'), context.req.raw),
  );
  routes.get('/cameras/:camera/footage.mp4', (context) => {
    const { footage, camera } = past(context);
    return footageResponse(footage, context.req.raw, camera.id);
  });
  routes.get('/cameras/:camera/thumbnail.jpg', (context) => {
    const { archive } = past(context);
    const at = timeOf('at', context.req.query('at') ?? '');
    const path = archive.thumbnail(at);
    if (path === undefined)
      throw new HttpProblem(404, 'recording/not-found', 'there is no picture near that time');
    return fileResponse(archive, path, context.req.raw);
  });
  return routes;
}

/** Every camera of the server has recordings, if only none yet. @throws {HttpProblem} `camera/unknown` */
export function recordingsOf(recordings: Recordings, camera: string): CameraRecordings {
  const found = recordings.of(camera);
  if (found) return found;
  throw new HttpProblem(404, 'camera/unknown', `there is no camera "${camera.slice(0, 64)}"`);
}
