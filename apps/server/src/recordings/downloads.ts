import type { Logger, Micros, Millis } from '@pinhole/core';
import type { Identity } from '@pinhole/engine';
import { HttpProblem } from '../http/problem.ts';

/** How many at once, and how long one may stand still. */
export interface DownloadLimits {
  readonly downloads: number;
  readonly downloadStallMs: number;
}

/** What {@link Downloads} works with. */
export interface DownloadsOptions {
  readonly limits: DownloadLimits;
  /** UTC, for tokens that expire. */
  readonly now: () => Micros;
  readonly monotonicNow: () => Millis;
  readonly log: Logger;
}

/** Who downloads, and by what his connection is ended. */
export interface Downloader {
  readonly camera: string;
  readonly who: Identity;
  /** What the answer is written to. */
  readonly connection: { destroy(): unknown };
}

/** Why a download ended before its end. */
export type DownloadEnd = 'stalled' | 'revoked' | 'expired' | 'left';

/** What happened since the program started. */
export interface DownloadCounters {
  readonly begun: number;
  readonly completed: number;
  readonly bytesSent: number;
  readonly refused: number;
  readonly failed: number;
  readonly ended: Readonly<Record<DownloadEnd, number>>;
}

interface Download extends Downloader {
  /** Since when nobody took what lies ready; nothing while the disk is being waited for. */
  readySince: Millis | undefined;
  end: DownloadEnd;
}

/**
 * Those who download now: what of the past leaves this server passes through here. A download may take as long as it likes
 * while somebody reads it; one that nobody reads, or whose token is no longer good, is cut off and gives back its file.
 */
export class Downloads {
  readonly #options: DownloadsOptions;
  readonly #running = new Set<Download>();
  readonly #ended: Record<DownloadEnd, number> = { stalled: 0, revoked: 0, expired: 0, left: 0 };
  #begun = 0;
  #completed = 0;
  #bytesSent = 0;
  #refused = 0;
  #failed = 0;

  constructor(options: DownloadsOptions) {
    this.#options = options;
  }

  /** How many run now. */
  get running(): number {
    return this.#running.size;
  }

  /** A copy of the counts so far. */
  get counters(): DownloadCounters {
    return {
      begun: this.#begun,
      completed: this.#completed,
      bytesSent: this.#bytesSent,
      refused: this.#refused,
      failed: this.#failed,
      ended: { ...this.#ended },
    };
  }

  /**
   * Answers with what `respond` opens, and watches over it until its last byte is taken.
   * @throws {HttpProblem} `recording/too-many-downloads`, 503; and whatever `respond` throws
   */
  async serve(downloader: Downloader, respond: () => Promise<Response>): Promise<Response> {
    const { downloads } = this.#options.limits;
    if (this.#running.size >= downloads) {
      this.#refused++;
      throw new HttpProblem(
        503,
        'recording/too-many-downloads',
        `${downloads} downloads run already; try again in a moment, or raise limits.downloads`,
        { headers: { 'Retry-After': '5' } },
      );
    }
    const download: Download = { ...downloader, readySince: undefined, end: 'left' };
    // Opening counts already: it reads from the disk.
    this.#running.add(download);
    try {
      const response = await respond();
      if (response.body === null) {
        this.#running.delete(download);
        return response;
      }
      this.#begun++;
      const { status, headers } = response;
      return new Response(this.#watched(response.body, download), { status, headers });
    } catch (thrown) {
      this.#running.delete(download);
      throw thrown;
    }
  }

  /** Cuts off those that match. @returns how many. */
  endWhere(matches: (one: { readonly who: Identity }) => boolean, why: DownloadEnd): number {
    const ended = [...this.#running].filter(matches);
    for (const download of ended) this.#cut(download, why);
    return ended.length;
  }

  /** Cuts off those that nobody reads, and those whose token has expired. Called a few times a second. */
  tick(): void {
    const { limits, now, monotonicNow } = this.#options;
    const at = now();
    this.endWhere(({ who }) => who.expiresAt !== undefined && at >= who.expiresAt, 'expired');
    const stalledSince = monotonicNow() - limits.downloadStallMs;
    for (const download of this.#running) {
      if (download.readySince !== undefined && download.readySince < stalledSince)
        this.#cut(download, 'stalled');
    }
  }

  #watched(body: ReadableStream<Uint8Array>, download: Download): ReadableStream<Uint8Array> {
    const { monotonicNow, log } = this.#options;
    const reader = body.getReader();
    download.readySince = monotonicNow();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          download.readySince = undefined;
          try {
            const { done, value } = await reader.read();
            if (done) {
              if (this.#running.delete(download)) this.#completed++;
              controller.close();
              return;
            }
            this.#bytesSent += value.byteLength;
            download.readySince = monotonicNow();
            controller.enqueue(value);
          } catch (thrown) {
            if (this.#running.delete(download)) this.#failed++;
            log.warn({ camera: download.camera, error: thrown }, 'a download broke off: the disk failed');
            throw thrown;
          }
        },
        cancel: async (why) => {
          if (this.#running.delete(download)) this.#ended[download.end]++;
          await reader.cancel(why);
        },
      },
      { highWaterMark: 0 },
    );
  }

  #cut(download: Download, why: DownloadEnd): void {
    const { camera, who } = download;
    download.end = why;
    if (this.#running.delete(download)) this.#ended[why]++;
    this.#options.log.info({ camera, who: who.tokenId, why }, 'a download was ended');
    // The end of the connection cancels the stream, and that closes the file.
    download.connection.destroy();
  }
}
