import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { MalformedError } from '@pinhole/core';
import { type ConfinedFile, ConfinedFolder, codeOf } from '../../archive/confined-folder.ts';
import { MovieFile } from '../../archive/movie-file.ts';
import { RecordingPathError } from '../../archive/recording-path.ts';

/** A film of the folder. */
export interface Film {
  readonly name: string;
  /** Whole seconds; 0 when the file does not tell. */
  readonly durationSeconds: number;
}

interface FoundFilm {
  readonly name: string;
  readonly changedMs: number;
}

/** Films looked at; a folder with more is somebody's mistake. */
const MOST_FILMS = 10_000;
const LONGEST_NAME = 200;

/** A flat folder of MP4 files with any names: time-lapse films that a person's own program made. It may not be there. */
export class TimelapseFolder {
  readonly #folder: ConfinedFolder;

  constructor(root: string) {
    this.#folder = new ConfinedFolder(root, { check: checkFilmName });
  }

  /** The newest film by its last change; none when there is none. */
  async newest({ changedBeforeMs = Number.POSITIVE_INFINITY } = {}): Promise<readonly Film[]> {
    const found = (await this.#films()).find(({ changedMs }) => changedMs < changedBeforeMs);
    return await this.#described(found === undefined ? [] : [found]);
  }

  /** Those that were changed before this one; none when it is not there. @throws {RecordingPathError} */
  async before(name: string, { limit }: { readonly limit: number }): Promise<readonly Film[]> {
    checkFilmName(name);
    const films = await this.#films();
    const place = films.findIndex((film) => film.name === name);
    return place < 0 ? [] : await this.#described(films.slice(place + 1, place + 1 + limit));
  }

  /** @throws {PinholeError} `recording/*` */
  open(name: string): Promise<ConfinedFile> {
    return this.#folder.open(name);
  }

  /** Newest first. */
  async #films(): Promise<readonly FoundFilm[]> {
    const { root } = this.#folder;
    const names = await readdir(root).catch((thrown: unknown) => {
      if (codeOf(thrown) === 'ENOENT') return [];
      throw thrown;
    });
    const films = await Promise.all(
      names
        .filter((name) => isFilmName(name))
        .slice(0, MOST_FILMS)
        .map(async (name) => {
          const found = await lstat(join(root, name)).catch(() => undefined);
          return found?.isFile() ? [{ name, changedMs: found.mtimeMs }] : [];
        }),
    );
    return films.flat().toSorted((a, b) => b.changedMs - a.changedMs || (a.name < b.name ? 1 : -1));
  }

  async #described(films: readonly FoundFilm[]): Promise<readonly Film[]> {
    const described: Film[] = [];
    for (const { name } of films) described.push({ name, durationSeconds: await this.#durationOf(name) });
    return described;
  }

  async #durationOf(name: string): Promise<number> {
    const { handle, sizeBytes } = await this.#folder.open(name);
    try {
      const { duration = 0 } = await MovieFile.open(handle, { sizeBytes });
      return Math.floor(duration / 1e6);
    } catch (thrown) {
      // Of another codec, or not whole: it can be fetched all the same.
      if (thrown instanceof MalformedError) return 0;
      throw thrown;
    } finally {
      await handle.close();
    }
  }
}

const isFilmName = (name: string): boolean =>
  name.length <= LONGEST_NAME && /^[^./\\%\p{Cc}][^/\\%\p{Cc}]*\.mp4$/u.test(name);

/** @throws {RecordingPathError} `recording/bad-path` */
function checkFilmName(name: string): void {
  if (isFilmName(name)) return;
  if (/[\p{Cc}\\]/u.test(name)) throw new RecordingPathError('control', name);
  if (name.includes('/') || name.startsWith('.')) throw new RecordingPathError('traversal', name);
  if (name.includes('%')) throw new RecordingPathError('encoded', name);
  throw new RecordingPathError(name.endsWith('.mp4') ? 'layout' : 'type', name);
}
