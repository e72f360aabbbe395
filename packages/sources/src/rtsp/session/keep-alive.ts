import { type Logger, type Millis, messageOf, millis } from '@pinhole/core';
import { RTSP_STATUS } from '@pinhole/protocol/rtsp';
import type { SourceClock } from '../../clock.ts';
import { repeat } from './repeat.ts';
import type { RtspClient } from './rtsp-client.ts';

/** What a keep-alive works with. */
export interface KeepAliveOptions {
  readonly client: RtspClient;
  readonly url: string;
  /** What the camera says it can (`Public`). */
  readonly methods: string;
  readonly clock: SourceClock;
  readonly log: Logger;
}

/** Less than half, so that one may get lost. */
const SHARE_OF_TIMEOUT = 0.45;
const LONGEST_MS = 30_000;

/**
 * Tells the camera from time to time that we are still there: by GET_PARAMETER where it can, else by OPTIONS. Whatever
 * it answers ends nothing: cameras refuse what they announce, or forget the session and go on sending. Whether pictures
 * come is watched elsewhere.
 *
 * @returns what ends it.
 * @see RFC 2326 §10.8, §12.37
 */
export function keepAlive({ client, url, methods, clock, log }: KeepAliveOptions): () => void {
  let method = /\bGET_PARAMETER\b/i.test(methods) ? 'GET_PARAMETER' : 'OPTIONS';
  let waits = false;
  const ask = async (): Promise<void> => {
    if (waits) return;
    waits = true;
    try {
      const { status } = await client.request(method, url);
      if (status === RTSP_STATUS.ok) return;
      log.debug({ method, status }, 'the camera refused a sign of life');
      method = 'OPTIONS';
    } catch (thrown) {
      log.debug({ method, why: messageOf(thrown) }, 'no answer to a sign of life');
      method = 'OPTIONS';
    } finally {
      waits = false;
    }
  };
  const waitMs = (): Millis => millis(Math.min(LONGEST_MS, client.timeoutSeconds * 1000 * SHARE_OF_TIMEOUT));
  return repeat(clock, waitMs, () => void ask());
}
