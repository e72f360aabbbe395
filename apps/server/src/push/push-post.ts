import type { IncomingMessage } from 'node:http';
import type { Camera, Identity, PictureOutcome, PublisherEnd } from '@pinhole/engine';
import { JpegWalk } from '@pinhole/media/jpeg';
import {
  boundaryOfContentType,
  MULTIPART_LIMITS,
  type MultipartItem,
  MultipartReader,
} from '@pinhole/protocol/multipart';
import { HttpProblem, tooMany } from '../http/problem.ts';
import type { RequestDeadlines } from '../http/request-deadlines.ts';
import type { PushService, Sender } from './push-service.ts';

/** What a request with pictures is taken with. */
export interface PushPostOptions {
  readonly camera: Camera;
  readonly identity: Identity;
  readonly push: PushService;
  readonly deadlines: RequestDeadlines;
}

/** What a body may be: one picture, or pictures for as long as the sender likes. FFmpeg sends no type at all. */
const SINGLE = /^image\/jpe?g\b/;
const STREAM = /^multipart\/|^video\/|^application\/octet-stream\b|^$/;
/** A stream without a picture for so long is given up. */
const IDLE_MS = 30_000;

/**
 * Takes the pictures of a POST request: one as `image/jpeg`, or a stream of them.
 * @throws {HttpProblem} `push/unsupported-type` (415), `http/body-too-large` (413), `push/no-picture` (422),
 *   `push/too-often` (429), `push/ended` (409); {PinholeError} `publish/*`
 */
export async function receivePost(request: IncomingMessage, options: PushPostOptions): Promise<Response> {
  const { camera, identity, push, deadlines } = options;
  const type = (request.headers['content-type'] ?? '').toLowerCase();
  if (!SINGLE.test(type) && !STREAM.test(type)) {
    throw new HttpProblem(
      415,
      'push/unsupported-type',
      `Content-Type "${type.slice(0, 40)}": send image/jpeg, or a multipart/x-mixed-replace stream of JPEG pictures`,
      { headers: { Connection: 'close', 'Accept-Post': 'image/jpeg, multipart/x-mixed-replace' } },
    );
  }
  if (SINGLE.test(type)) {
    if (Number(request.headers['content-length'] ?? 0) > MULTIPART_LIMITS.partBytes) throw tooLarge();
    return await receive(request, push.single(camera, identity), type);
  }
  let end: (why: PublisherEnd) => void = () => {};
  const ended = new Promise<PublisherEnd>((resolve) => (end = resolve));
  const sender = push.stream(camera, identity, (why) => end(why));
  deadlines.lift(request);
  return await receive(request, sender, type, ended);
}

async function receive(
  request: IncomingMessage,
  sender: Sender,
  type: string,
  ended?: Promise<PublisherEnd>,
): Promise<Response> {
  const reader = new MultipartReader({ boundary: boundaryOfContentType(type), scan: () => new JpegWalk() });
  const outcomes = new Map<PictureOutcome, number>();
  try {
    const why = await new Promise<PublisherEnd | undefined>((resolve) => {
      const idle = setTimeout(() => resolve('silent'), IDLE_MS);
      const take = (items: readonly MultipartItem[]): void => {
        for (const item of items) {
          if (item.kind !== 'picture') continue;
          idle.refresh();
          const outcome = sender.write(item.body, item.headers.get('x-timestamp'));
          outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        }
      };
      const finish = (reason?: PublisherEnd): void => {
        clearTimeout(idle);
        resolve(reason);
      };
      request.on('data', (chunk: Uint8Array) => take(reader.push(chunk)));
      request.on('end', () => {
        take(reader.end());
        finish();
      });
      request.on('close', () => finish());
      request.on('error', () => finish('left'));
      void ended?.then(finish);
    });
    request.removeAllListeners('data');
    return answerOf(why, outcomes, reader.counters.tooLarge);
  } finally {
    sender.leave();
  }
}

function answerOf(
  why: PublisherEnd | undefined,
  outcomes: ReadonlyMap<PictureOutcome, number>,
  tooLargeParts: number,
): Response {
  const taken = outcomes.get('taken') ?? 0;
  if (why !== undefined && why !== 'left') throw over(why);
  if (taken > 0) return Response.json({ pictures: taken, leftOut: sumOf(outcomes) - taken }, { status: 200 });
  if (tooLargeParts > 0 || outcomes.has('too-large')) throw tooLarge();
  if (outcomes.has('too-often'))
    throw tooMany('push/too-often', 'more than 60 pictures a second are left out', 1);
  throw new HttpProblem(422, 'push/no-picture', 'no whole JPEG picture came');
}

const sumOf = (outcomes: ReadonlyMap<PictureOutcome, number>): number =>
  [...outcomes.values()].reduce((sum, count) => sum + count, 0);

const tooLarge = (): HttpProblem =>
  new HttpProblem(413, 'http/body-too-large', `a picture has ${MULTIPART_LIMITS.partBytes} bytes at most`, {
    headers: { Connection: 'close' },
  });

const over = (why: PublisherEnd): HttpProblem =>
  new HttpProblem(409, 'push/ended', `the server takes no more of these pictures: ${END_IN_WORDS[why]}`, {
    headers: { Connection: 'close' },
  });

/** Why somebody who sends pictures was sent away. */
export const END_IN_WORDS: Readonly<Record<PublisherEnd, string>> = {
  left: 'the sender left',
  timeout: 'it took too long',
  silent: 'no picture came for too long',
  'ice-failed': 'the connection failed',
  replaced: 'somebody else took the place after a silence',
  revoked: 'the token was revoked',
  expired: 'the token expired',
  shutdown: 'the server stops',
};
