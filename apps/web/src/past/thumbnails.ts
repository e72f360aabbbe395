/** How a picture is fetched. */
export type FetchThumbnail = (atMs: number) => Promise<Blob | undefined>;

const MOST = 200;

/** Pictures of times, as addresses for `<img>`; those not looked at for longest are forgotten. */
export class Thumbnails {
  readonly #fetch: FetchThumbnail;
  readonly #urls = new Map<number, Promise<string | undefined>>();

  constructor(fetch: FetchThumbnail) {
    this.#fetch = fetch;
  }

  /** The picture of a time, or of one up to `stepMs` before; undefined where there is none, or it cannot be had. */
  at(timeMs: number, stepMs: number): Promise<string | undefined> {
    const key = Math.floor(timeMs / stepMs) * stepMs;
    const known = this.#urls.get(key);
    this.#urls.delete(key);
    const url =
      known ??
      this.#fetch(key).then(
        (blob) => blob && URL.createObjectURL(blob),
        () => {
          this.#urls.delete(key);
          return undefined;
        },
      );
    this.#urls.set(key, url);
    for (const [oldest] of this.#urls) {
      if (this.#urls.size <= MOST) break;
      this.#forget(oldest);
    }
    return url;
  }

  /** Forgets all. */
  clear(): void {
    for (const key of this.#urls.keys()) this.#forget(key);
  }

  #forget(key: number): void {
    const url = this.#urls.get(key);
    this.#urls.delete(key);
    void url?.then((made) => made !== undefined && URL.revokeObjectURL(made));
  }
}
