import { Emitter, type Micros, PinholeError } from '@pinhole/core';
import type { Camera } from '../stream/camera.ts';
import type { MediaKind } from '../stream/source.ts';
import type { Identity, ViewerEnd, ViewerSummary, ViewerTransport } from './viewer.ts';

/** How many viewers there may be at a time. */
export interface ViewerLimits {
  readonly total: number;
  readonly perCamera: number;
  readonly perAddress: number;
}

/** A viewer to be let in. */
export interface Admission {
  readonly camera: Camera;
  readonly transport: ViewerTransport;
  /** What the camera makes for this viewer; `units` when left out. */
  readonly media?: MediaKind;
  readonly who: Identity;
  /** Ends the viewer's connection, whatever it is. Called once at most; never throws. */
  readonly close: (why: ViewerEnd) => void;
  /** Where the viewer stands; `live` when left out. */
  readonly state?: () => ViewerSummary['state'];
}

/** A viewer that was let in. */
export interface AdmittedViewer {
  /** Unguessable. */
  readonly id: string;
  /** The viewer is gone: its place is free. May be called again. */
  leave(why: ViewerEnd): void;
}

/** What the registry tells. */
export interface ViewerEvents {
  opened: ViewerSummary;
  closed: ViewerSummary & { readonly why: ViewerEnd };
}

/** What a registry is made with. */
export interface ViewerRegistryOptions {
  readonly limits: ViewerLimits;
  readonly now: () => Micros;
  /** Makes an unguessable id, at least 128 random bits. */
  readonly newId: () => string;
}

interface Entry {
  readonly admission: Admission;
  readonly id: string;
  readonly since: Micros;
  readonly release: () => void;
}

/** Everybody who watches now, by whatever transport: limits, lists, and the ends that come from outside. */
export class ViewerRegistry {
  readonly events = new Emitter<ViewerEvents>();
  readonly #options: ViewerRegistryOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #ends = new Map<ViewerEnd, number>();
  #refused = 0;

  constructor(options: ViewerRegistryOptions) {
    this.#options = options;
  }

  /** Viewers turned away because a limit was reached. */
  get refused(): number {
    return this.#refused;
  }

  /** How many sessions ended so far, by cause. */
  get ends(): ReadonlyMap<ViewerEnd, number> {
    return this.#ends;
  }

  /**
   * Lets a viewer in; its camera's source runs from now on.
   * @throws {PinholeError} `session/limit` naming the limit that is reached.
   */
  admit(admission: Admission): AdmittedViewer {
    this.#checkLimits(admission);
    const id = this.#options.newId();
    const entry: Entry = {
      admission,
      id,
      since: this.#options.now(),
      release: admission.camera.acquire(admission.media),
    };
    this.#entries.set(id, entry);
    this.events.emit('opened', summary(entry));
    return { id, leave: (why) => this.#remove(entry, why) };
  }

  get(id: string): ViewerSummary | undefined {
    const entry = this.#entries.get(id);
    return entry && summary(entry);
  }

  list(): readonly ViewerSummary[] {
    return [...this.#entries.values()].map(summary);
  }

  /** Viewers of one camera. */
  count(cameraId: string): number {
    let count = 0;
    for (const { admission } of this.#entries.values()) if (admission.camera.id === cameraId) count++;
    return count;
  }

  /**
   * Ends every viewer for whom `matches` says so: a token was revoked, the program stops.
   * @returns how many.
   */
  endWhere(matches: (viewer: ViewerSummary) => boolean, why: ViewerEnd): number {
    const ended = [...this.#entries.values()].filter((entry) => matches(summary(entry)));
    for (const entry of ended) {
      this.#remove(entry, why);
      entry.admission.close(why);
    }
    return ended.length;
  }

  /** Ends those whose token ran out. Called a few times a second. */
  tick(): void {
    const now = this.#options.now();
    this.endWhere(({ who }) => who.expiresAt !== undefined && now >= who.expiresAt, 'expired');
  }

  #remove(entry: Entry, why: ViewerEnd): void {
    if (!this.#entries.delete(entry.id)) return;
    entry.release();
    this.#ends.set(why, (this.#ends.get(why) ?? 0) + 1);
    this.events.emit('closed', { ...summary(entry), why });
  }

  #checkLimits({ camera, who }: Admission): void {
    const { total, perCamera, perAddress } = this.#options.limits;
    const all = [...this.#entries.values()];
    const reached =
      all.length >= total
        ? `${total} viewers in all`
        : this.count(camera.id) >= perCamera
          ? `${perCamera} viewers of camera "${camera.id}"`
          : all.filter(({ admission }) => admission.who.address === who.address).length >= perAddress
            ? `${perAddress} viewers from one address`
            : undefined;
    if (!reached) return;
    this.#refused++;
    throw new PinholeError(
      'session/limit',
      `the limit of ${reached} is reached; raise it in "limits" or try later`,
    );
  }
}

const summary = ({ admission, id, since }: Entry): ViewerSummary => ({
  id,
  camera: admission.camera.id,
  transport: admission.transport,
  who: admission.who,
  since,
  state: admission.state?.() ?? 'live',
});
