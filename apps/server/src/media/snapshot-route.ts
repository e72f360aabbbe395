import { setTimeout as sleep } from 'node:timers/promises';
import { type Micros, type Millis, micros, microsToMillis, millis, PinholeError } from '@pinhole/core';
import type { Camera } from '@pinhole/engine';
import type { Snapshot, SnapshotRequest, Snapshots } from '@pinhole/outputs/snapshot';
import { HttpProblem } from '../http/problem.ts';

/** How long a snapshot may wait for a camera that is just being started. */
const START_PATIENCE = micros(8_000_000);
const LOOK_AGAIN_MS = 40;
const LONGEST_MAX_AGE_SECONDS = 3600;

/**
 * Answers `snapshot.jpg?quality=1…100&width=PIXELS&max-age=SECONDS`; starts a camera that nobody watches. A camera that
 * makes JPEG itself gives its newest picture, unless another size or quality is asked for.
 * @throws {PinholeError} `camera/not-live`, `snapshot/*`; {HttpProblem} `snapshot/bad-option`
 */
export async function snapshotResponse(
  camera: Camera,
  query: URLSearchParams,
  options: { readonly snapshots: Snapshots; readonly now: () => Micros },
): Promise<Response> {
  const request = requestOf(query);
  // The camera's own picture, as it is; one of another size or quality is made of its H.264.
  const own = camera.description.jpeg && request.quality === undefined && request.widthPixels === undefined;
  const release = camera.acquire(own ? 'pictures' : 'units');
  try {
    const deadline = micros(options.now() + START_PATIENCE);
    if (own) {
      const { data, captureTime } = await camera.picture({ deadline });
      return responseOf(data, captureTime, options.now());
    }
    await camera.ready({ deadline });
    const { jpeg, captureTime } = await takeWithin(camera, request, { ...options, deadline });
    return responseOf(jpeg, captureTime, options.now());
  } finally {
    release();
  }
}

function responseOf(jpeg: Uint8Array, captureTime: Micros, now: Micros): Response {
  const capturedAt = new Date(microsToMillis(captureTime));
  return new Response(jpeg as Uint8Array<ArrayBuffer>, {
    headers: {
      'Content-Type': 'image/jpeg',
      'Cache-Control': 'no-store',
      Age: String(Math.max(0, Math.round((now - captureTime) / 1e6))),
      'Last-Modified': capturedAt.toUTCString(),
      'X-Captured-At': capturedAt.toISOString(),
    },
  });
}

/** A source that was just started again is ready before its first new picture is there. */
async function takeWithin(
  { stream }: Camera,
  request: SnapshotRequest,
  options: { readonly snapshots: Snapshots; readonly now: () => Micros; readonly deadline: Micros },
): Promise<Snapshot> {
  for (;;) {
    try {
      return await options.snapshots.take(stream, request);
    } catch (thrown) {
      const early = thrown instanceof PinholeError && thrown.code === 'snapshot/no-picture';
      if (!early || options.now() >= options.deadline) throw thrown;
      await sleep(LOOK_AGAIN_MS);
    }
  }
}

function requestOf(query: URLSearchParams): SnapshotRequest {
  const quality = wholeOf(query, 'quality', 100);
  const widthPixels = wholeOf(query, 'width', 8192);
  const maxAgeSeconds = wholeOf(query, 'max-age', LONGEST_MAX_AGE_SECONDS);
  return {
    ...(quality !== undefined && { quality }),
    ...(widthPixels !== undefined && { widthPixels }),
    ...(maxAgeSeconds !== undefined && { maxAgeMs: secondsToMillis(maxAgeSeconds) }),
  };
}

function wholeOf(query: URLSearchParams, name: string, max: number): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= max) return Number(text);
  throw new HttpProblem(
    400,
    'snapshot/bad-option',
    `${name} "${text.slice(0, 20)}": use a whole number up to ${max}`,
  );
}

const secondsToMillis = (seconds: number): Millis => millis(seconds * 1000);
