import { basename } from 'node:path';
import { type FileQuery, VideoMode } from '@pinhole/protocol/picamera';
import type { ConfinedFile } from '../../archive/confined-folder.ts';
import { type ArchiveLibrary, MOST_BEFORE, outside } from './archive-library.ts';
import type { VideoEntry, VideoLibrary } from './video-library.ts';

/**
 * Several folders of recordings as one: what another program recorded, and what this one does. Time-lapse films are those of
 * the first folder that has any.
 */
export class JoinedLibrary implements VideoLibrary {
  readonly #libraries: readonly ArchiveLibrary[];

  /** @param libraries none below another's folder of recordings */
  constructor(libraries: readonly ArchiveLibrary[]) {
    this.#libraries = libraries;
  }

  async find(query: FileQuery): Promise<readonly VideoEntry[]> {
    if (query.mode === VideoMode.TIMELAPSE) return await this.#films(query);
    const place = query.by === 'before-file' ? this.#ownerOf(query.path).placeOf(query.path) : undefined;
    const found: VideoEntry[] = [];
    for (const library of this.#libraries) {
      // The same place in another folder is the same time, whether there is a file or not.
      const asked = place === undefined ? query : { ...query, path: library.pathOf(place) };
      found.push(...(await library.find(asked)));
    }
    const newestFirst = found.toSorted((x, y) => (nameOf(x) < nameOf(y) ? 1 : -1));
    return newestFirst.slice(0, query.by === 'before-file' ? MOST_BEFORE : 1);
  }

  async thumbnail(entry: VideoEntry): Promise<Uint8Array | undefined> {
    return await this.#ownerOf(entry.path).thumbnail(entry);
  }

  async open(path: string): Promise<ConfinedFile> {
    return await this.#ownerOf(path).open(path);
  }

  async #films(query: FileQuery): Promise<readonly VideoEntry[]> {
    if (query.by === 'before-file') return await this.#ownerOf(query.path).find(query);
    for (const library of this.#libraries) {
      const found = await library.find(query);
      if (found.length > 0) return found;
    }
    return [];
  }

  /**
   * The one in whose folder a path lies. A folder may have another's beside its recordings, so the longest counts.
   * @throws {PinholeError} `picamera/outside`
   */
  #ownerOf(path: string): ArchiveLibrary {
    const owners = this.#libraries.filter((library) => library.placeOf(path) !== undefined);
    const [owner] = owners.toSorted((x, y) => y.root.length - x.root.length);
    if (!owner) throw outside(path);
    return owner;
  }
}

/** Names are the local time at which a recording begins. */
const nameOf = ({ path }: VideoEntry): string => basename(path);
