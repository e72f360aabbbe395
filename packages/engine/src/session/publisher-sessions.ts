import { type Logger, type Micros, PinholeError } from '@pinhole/core';
import type { Camera } from '../stream/camera.ts';
import type { PicturePublication, PicturesRequest, Publication, PublisherEnd } from './publication.ts';
import type { Identity } from './viewer.ts';
import type { AnsweredOffer } from './viewer-sessions.ts';

/** What publishers' sessions are made with. */
export interface PublisherSessionsOptions {
  readonly now: () => Micros;
  /** Makes an unguessable id, at least 128 random bits. */
  readonly newId: () => string;
  readonly log: Logger;
}

/** One publisher, for lists. */
export interface PublisherSummary {
  readonly id: string;
  readonly camera: string;
  readonly who: Identity;
  readonly since: Micros;
}

/** What became of those who came to publish; all since the start. */
export interface PublisherCounters {
  readonly opened: number;
  /** Offers that were not answered. */
  readonly refused: number;
  readonly ended: number;
}

interface Session {
  readonly id: string;
  readonly camera: Camera;
  readonly who: Identity;
  readonly since: Micros;
  release?: () => void;
  publication?: Pick<Publication, 'addCandidate'>;
  /** Ends it from our side. */
  close?: (why: PublisherEnd) => void;
  over: boolean;
}

/** Somebody who sends JPEG pictures, from coming to going. */
export interface PushedPictures extends PicturePublication {
  readonly id: string;
}

/** Peers that publish pictures: each from its offer to its end, whatever protocol carried the offer. */
export class PublisherSessions {
  readonly #options: PublisherSessionsOptions;
  readonly #sessions = new Map<string, Session>();
  readonly #counters = { opened: 0, refused: 0, ended: 0 };

  constructor(options: PublisherSessionsOptions) {
    this.#options = options;
  }

  get counters(): PublisherCounters {
    return this.#counters;
  }

  /**
   * Lets a publisher in; its camera's source runs for as long as it is there.
   * @throws {PinholeError} `publish/unsupported` (the camera gets its pictures elsewhere), `publish/occupied`, `webrtc/*`
   */
  async offer(camera: Camera, sdp: string, who: Identity): Promise<AnsweredOffer> {
    const { now, newId, log } = this.#options;
    const { source } = camera;
    if (!source.publish) {
      this.#counters.refused++;
      throw new PinholeError(
        'publish/unsupported',
        `camera "${camera.id}" is of kind ${camera.description.kind}, which fetches its pictures itself; ` +
          'configure a camera of kind whip: to publish to',
      );
    }
    const session: Session = {
      id: newId(),
      camera,
      who,
      since: now(),
      over: false,
    };
    try {
      const publication = await source.publish({ offer: sdp, ended: (why) => this.#end(session, why) });
      session.publication = publication;
      session.close = (why) => void publication.close(why);
      if (session.over) throw new PinholeError('session/ended', 'the session ended before it began');
      session.release = camera.acquire();
      this.#sessions.set(session.id, session);
      this.#counters.opened++;
      log.info(
        { camera: camera.id, publisher: session.id.slice(0, 8), token: who.tokenId },
        'publisher opened',
      );
      return { id: session.id, answer: publication.answer };
    } catch (error) {
      session.over = true;
      this.#counters.refused++;
      throw error;
    }
  }

  /**
   * Lets somebody in who sends JPEG pictures; the camera's source runs for as long as it is there. `ended` is called once
   * when it is over, unless by the returned `close`.
   * @throws {PinholeError} `publish/unsupported` (the camera gets its pictures elsewhere), `publish/occupied`
   */
  push(
    camera: Camera,
    who: Identity,
    options: { readonly ended: (why: PublisherEnd) => void },
  ): PushedPictures {
    const { now, newId, log } = this.#options;
    const session: Session = { id: newId(), camera, who, since: now(), over: false };
    let publication: PicturePublication;
    try {
      publication = publicationOf(camera, {
        ended: (why) => {
          if (this.#end(session, why)) options.ended(why);
        },
      });
    } catch (error) {
      session.over = true;
      this.#counters.refused++;
      throw error;
    }
    session.close = (why) => {
      publication.close(why);
      if (this.#end(session, why)) options.ended(why);
    };
    session.release = camera.acquire('pictures');
    this.#sessions.set(session.id, session);
    this.#counters.opened++;
    log.info(
      { camera: camera.id, publisher: session.id.slice(0, 8), token: who.tokenId },
      'publisher opened',
    );
    return {
      id: session.id,
      write: (jpeg, sentAt) => publication.write(jpeg, sentAt),
      close: (why) => {
        publication.close(why);
        this.#end(session, why);
      },
    };
  }

  /** Who a session belongs to, and its camera; undefined once it ended. */
  find(id: string): { readonly camera: Camera; readonly who: Identity } | undefined {
    return this.#sessions.get(id);
  }

  list(): readonly PublisherSummary[] {
    return [...this.#sessions.values()].map(({ id, camera, who, since }) => ({
      id,
      camera: camera.id,
      who,
      since,
    }));
  }

  /** @throws {PinholeError} `session/unknown` */
  async candidate(id: string, candidate: string): Promise<void> {
    await this.#known(id).publication?.addCandidate(candidate);
  }

  /**
   * Ends a session.
   * @throws {PinholeError} `session/unknown`
   */
  close(id: string, why: PublisherEnd): void {
    this.#close(this.#known(id), why);
  }

  /**
   * Ends every publisher for whom `matches` says so: a token was revoked, the program stops.
   * @returns how many.
   */
  endWhere(matches: (publisher: PublisherSummary) => boolean, why: PublisherEnd): number {
    const ended = this.list().filter(matches);
    for (const { id } of ended) this.#close(this.#known(id), why);
    return ended.length;
  }

  /** Ends those whose token ran out. Called a few times a second. */
  tick(): void {
    const now = this.#options.now();
    this.endWhere(({ who }) => who.expiresAt !== undefined && now >= who.expiresAt, 'expired');
  }

  #known(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) throw new PinholeError('session/unknown', 'no such session: it ended, or never was');
    return session;
  }

  #close(session: Session, why: PublisherEnd): void {
    session.close?.(why);
    this.#end(session, why);
  }

  /** @returns whether it was there until now. */
  #end(session: Session, why: PublisherEnd): boolean {
    if (session.over) return false;
    session.over = true;
    if (!this.#sessions.delete(session.id)) return false;
    session.release?.();
    this.#counters.ended++;
    this.#options.log.info(
      { camera: session.camera.id, publisher: session.id.slice(0, 8), why },
      'publisher closed',
    );
    return true;
  }
}

function publicationOf({ id, source, description }: Camera, request: PicturesRequest): PicturePublication {
  if (source.publishPictures) return source.publishPictures(request);
  throw new PinholeError(
    'publish/unsupported',
    `camera "${id}" is of kind ${description.kind}, which takes no JPEG pictures from others; configure a camera of kind push: for that`,
  );
}
