import { type Micros, micros } from '@pinhole/core';
import { ApiRequests, type ApiRequestsOptions } from './api-requests.ts';
import type {
  CameraRecording,
  FootageMap,
  RecordedDay,
  Recording,
  RecordingStart,
  TimeRange,
} from './recording-types.ts';

/** Which camera's recordings, and on whose behalf. */
export interface RecordingsApiOptions extends ApiRequestsOptions {
  readonly camera: string;
}

/** Ends a request. */
export interface Abortable {
  readonly signal?: AbortSignal;
}

/** What of the past is to be sent as pictures. */
export interface FootageQuery extends TimeRange {
  /** `export`: a whole file from key frame to key frame. Default `playback`. */
  readonly purpose?: 'playback' | 'export';
  /** `closed`: what was not recorded is passed over. Default `kept`. */
  readonly gaps?: 'kept' | 'closed';
  /** The time at which the time line is 0. */
  readonly origin?: Micros;
}

/** A page of a list. */
export interface RecordingsPage {
  readonly recordings: readonly Recording[];
  /** For `after` of the next page; absent on the last one. */
  readonly next?: string;
}

/**
 * The recordings of one camera, by the server's REST interface. Times are UTC microseconds.
 *
 * ```ts
 * const api = new RecordingsApi({ camera: 'door', token });
 * const { recordings } = await api.latest();
 * ```
 *
 * All methods throw {RecordingsError}: the server's own code and words, `recordings/unreachable` without an answer,
 * `recordings/answer` for one that is none of ours; and what `signal` was aborted with.
 */
export class RecordingsApi {
  readonly #requests: ApiRequests;
  readonly #camera: string;

  constructor({ camera, ...options }: RecordingsApiOptions) {
    this.#requests = new ApiRequests(options);
    this.#camera = encodeURIComponent(camera);
  }

  /** What time the server has, UTC, within half a second. */
  now(): Micros {
    return this.#requests.clock.now();
  }

  /** What is recorded now, and who wanted it. */
  state(options?: Abortable): Promise<CameraRecording> {
    return this.#requests.json(`${this.#api}/recording`, options);
  }

  /** Starts to record on demand, or joins what is being recorded; ends by itself after `seconds`. */
  start(body: { readonly reason?: string; readonly seconds?: number } = {}): Promise<RecordingStart> {
    return this.#requests.json(`${this.#api}/recording/start`, { method: 'POST', body });
  }

  /** Ends one start, or all of this token. */
  stop(body: { readonly id?: string } = {}): Promise<CameraRecording> {
    return this.#requests.json(`${this.#api}/recording/stop`, { method: 'POST', body });
  }

  /** Makes a recording of the last seconds, which are in memory; several where the picture changed its size. */
  async save(body: { readonly seconds: number; readonly reason?: string }): Promise<readonly Recording[]> {
    const saved = await this.#requests.json<RecordingsPage>(`${this.#api}/recording/save`, {
      method: 'POST',
      body,
    });
    return saved.recordings;
  }

  /** Recordings with anything of a stretch of time, oldest first, a page at a time. */
  list(
    query: Partial<TimeRange> & { readonly limit?: number; readonly after?: string } = {},
    options?: Abortable,
  ): Promise<RecordingsPage> {
    return this.#requests.json(`${this.#api}/recordings`, { ...options, query });
  }

  /** The newest one that is complete; none when there is none. */
  latest(options?: Abortable): Promise<RecordingsPage> {
    return this.#requests.json(`${this.#api}/recordings/latest`, options);
  }

  /** Up to 8 before one of them, newest first; or the last one that ended before a time. */
  before(
    query: { readonly path: string } | { readonly time: Micros },
    options?: Abortable,
  ): Promise<RecordingsPage> {
    return this.#requests.json(`${this.#api}/recordings/before`, { ...options, query });
  }

  /** The days that have recordings, oldest first. */
  async days(options?: Abortable): Promise<readonly RecordedDay[]> {
    const { days } = await this.#requests.json<{ readonly days: readonly RecordedDay[] }>(
      `${this.#api}/recordings/days`,
      options,
    );
    return days;
  }

  /** Deletes one recording, or all that lie whole within a stretch of time. */
  remove(
    query: { readonly path: string } | TimeRange,
  ): Promise<{ readonly files: number; readonly bytes: number }> {
    return this.#requests.json(`${this.#api}/recordings`, { method: 'DELETE', query: { ...query } });
  }

  /** What there is of a stretch of time, on disk and in memory, and what is missing. */
  footage(range: TimeRange, options?: Abortable): Promise<FootageMap> {
    return this.#requests.json(`${this.#api}/footage`, { ...options, query: { ...range } });
  }

  /** Where an export can begin and end. */
  async keyFrames(
    range: TimeRange & { readonly limit?: number },
    options?: Abortable,
  ): Promise<readonly Micros[]> {
    const { keyFrames } = await this.#requests.json<{ readonly keyFrames: readonly string[] }>(
      `${this.#api}/footage/key-frames`,
      { ...options, query: { ...range } },
    );
    return keyFrames.map((time) => micros(Date.parse(time) * 1000));
  }

  /** The pictures themselves as fragmented MP4, as the server sends them. Read the body to the end, or cancel it. */
  openFootage(query: FootageQuery, options?: Abortable): Promise<Response> {
    return this.#requests.send(`${this.#media}/footage.mp4`, { ...options, query: { ...query } });
  }

  /** A recording as it lies on the disk; from a byte on, to go on with a download. */
  openFile(
    path: string,
    {
      range,
      ...options
    }: Abortable & { readonly range?: { readonly from: number; readonly etag: string } } = {},
  ): Promise<Response> {
    return this.#requests.send(this.fileUrl(path), {
      ...options,
      ...(range && { headers: { range: `bytes=${range.from}-`, 'if-range': range.etag } }),
    });
  }

  /** The picture beside the recording at a time, or near it; nothing where there is none. */
  async thumbnail(at: Micros, options?: Abortable): Promise<Blob | undefined> {
    const response = await this.#requests.sendAny(`${this.#media}/thumbnail.jpg`, {
      ...options,
      query: { at },
    });
    if (response.status === 404) return undefined;
    return (await this.#requests.succeeded(response)).blob();
  }

  /** Address of a recording, without a token. */
  fileUrl(path: string): string {
    return this.#requests.urlOf(`${this.#media}/recordings/${path}`, {});
  }

  get #api(): string {
    return `api/v1/cameras/${this.#camera}`;
  }

  get #media(): string {
    return `cameras/${this.#camera}`;
  }
}
