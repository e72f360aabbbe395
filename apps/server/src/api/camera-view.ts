import type { z } from '@hono/zod-openapi';
import { type Micros, microsToMillis } from '@pinhole/core';
import type { Camera, ViewerRegistry } from '@pinhole/engine';
import type { Access } from '../auth/access.ts';
import { rightsOver } from '../auth/require.ts';
import type { Recordings } from '../recordings/recordings.ts';
import type { cameraSchema } from './schemas.ts';

/** What the API tells of a camera to somebody with these rights. */
export function cameraView(
  camera: Camera,
  access: Access,
  options: { readonly viewers: ViewerRegistry; readonly recordings: Recordings; readonly now: Micros },
): z.output<typeof cameraSchema> {
  const { id, label, description, stream } = camera;
  const { parameters, lastUnit } = stream;
  const jpeg = description.jpeg ?? false;
  // What a camera that makes both sends is its pictures; H.264 is made of them now and then.
  const rate = (jpeg ? camera.pictures : stream).rate(options.now);
  const newest = jpeg ? camera.pictures.last : lastUnit?.unit;
  return {
    id,
    label,
    rights: [...rightsOver(access, id)],
    source: {
      kind: description.kind,
      label: description.label,
      ...(description.transcoding !== undefined && { transcoding: description.transcoding }),
    },
    state: camera.state,
    ...(parameters !== undefined && {
      parameters: {
        codec: parameters.codec,
        profileLevelId: parameters.profileLevelId,
        width: parameters.width,
        height: parameters.height,
        ...(parameters.framesPerSecond !== undefined && { framesPerSecond: parameters.framesPerSecond }),
        bFrames: parameters.bFrames,
      },
    }),
    jpeg,
    framesPerSecond: Math.round(rate.framesPerSecond * 10) / 10,
    bitsPerSecond: Math.round(rate.bitsPerSecond),
    viewers: options.viewers.count(id),
    recording: recordingOf(options.recordings, id),
    ...(newest !== undefined && { lastCaptureTime: isoOf(newest.captureTime) }),
    urls: {
      whep: `/whep/${id}`,
      live: `/live/${id}`,
      snapshot: `/cameras/${id}/snapshot.jpg`,
      mp4: `/cameras/${id}/stream.mp4`,
      h264: `/cameras/${id}/stream.h264`,
      mjpeg: `/cameras/${id}/stream.mjpeg`,
      ws: `/ws/${id}`,
    },
  };
}

function recordingOf(recordings: Recordings, camera: string): z.output<typeof cameraSchema>['recording'] {
  const { mode, recording } = recordings.of(camera)?.recorder.state ?? { mode: 'off', recording: false };
  return { mode, recording };
}

/** A point in time as ISO 8601. */
export const isoOf = (time: Micros): string => new Date(microsToMillis(time)).toISOString();
