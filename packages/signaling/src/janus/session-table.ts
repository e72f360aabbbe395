import { millis } from '@pinhole/core';
import { JanusRefusal } from '@pinhole/protocol/janus';
import { type JanusGatewayOptions, SESSION_TIMEOUT_MS } from './gateway-options.ts';
import type { JanusCounters } from './janus-counters.ts';
import type { JanusIdentity } from './janus-identity.ts';
import { JanusSession } from './janus-session.ts';

/** All sessions by their ids, within their limits. */
export class SessionTable {
  readonly #options: Pick<
    JanusGatewayOptions,
    'limits' | 'newId' | 'now' | 'householdOf' | 'sessionTimeoutMs'
  >;
  readonly #counters: JanusCounters;
  readonly #byId = new Map<number, JanusSession>();
  #open = true;

  constructor(
    options: Pick<JanusGatewayOptions, 'limits' | 'newId' | 'now' | 'householdOf' | 'sessionTimeoutMs'>,
    counters: JanusCounters,
  ) {
    this.#options = options;
    this.#counters = counters;
  }

  get all(): readonly JanusSession[] {
    return [...this.#byId.values()];
  }

  get size(): number {
    return this.#byId.size;
  }

  get handles(): number {
    return this.all.reduce((sum, { handles }) => sum + handles.size, 0);
  }

  /** The session of this id; one of somebody else is none. */
  find(id: number, { who }: JanusIdentity): JanusSession | undefined {
    const session = this.#byId.get(id);
    return session?.who.tokenId === who.tokenId ? session : undefined;
  }

  /**
   * Makes a session, with the id that the client wants if it wants one.
   * @throws {JanusRefusal} `sessionConflict`, `notAcceptingSessions`
   */
  create({ who }: JanusIdentity, wanted: number | undefined): JanusSession {
    const { limits, now, householdOf = (address: string) => address } = this.#options;
    if (wanted !== undefined && this.#byId.has(wanted)) {
      throw new JanusRefusal('sessionConflict', 'Session ID already in use');
    }
    const household = householdOf(who.address);
    const ofHousehold = this.all.filter((session) => session.household === household);
    this.#makeRoom(ofHousehold, limits.sessionsPerAddress);
    this.#makeRoom(this.all, limits.sessions);
    if (!this.#open) throw new JanusRefusal('notAcceptingSessions', 'Currently not accepting new sessions');
    const id = wanted ?? this.#freshId();
    const session = new JanusSession({ id, who, household, heardAt: now() }, this.#counters);
    this.#byId.set(id, session);
    this.#counters.sessionsOpened++;
    return session;
  }

  /** Takes a session out; the caller ends it. */
  delete(session: JanusSession): void {
    this.#byId.delete(session.id);
  }

  /** Ends those of which nothing was heard for too long. */
  tick(): void {
    const { now, sessionTimeoutMs = SESSION_TIMEOUT_MS } = this.#options;
    for (const session of this.#byId.values()) {
      session.mailbox.tick(now());
      if (now() < millis(session.heardAt + sessionTimeoutMs)) continue;
      this.#counters.sessionsTimedOut++;
      this.expire(session);
    }
  }

  /** Ends a session as if its client had fallen silent. */
  expire(session: JanusSession): void {
    this.delete(session);
    session.mailbox.put({ janus: 'timeout', sessionId: session.id });
    session.end('Close PC', 'told');
  }

  /** Takes no new ones, and ends those that are there. */
  close(): void {
    this.#open = false;
    for (const session of this.all) this.expire(session);
  }

  /** Where all places are taken, the one whose connection has been lost for longest is given up. */
  #makeRoom(among: readonly JanusSession[], most: number): void {
    if (among.length < most) return;
    const lost = among
      .filter(({ mailbox }) => mailbox.state === 'lost')
      .toSorted((one, other) => one.heardAt - other.heardAt)[0];
    if (lost === undefined) {
      this.#counters.sessionsRefused++;
      throw new JanusRefusal('notAcceptingSessions', 'Currently not accepting new sessions');
    }
    this.#counters.sessionsEvicted++;
    this.expire(lost);
  }

  #freshId(): number {
    for (;;) {
      const id = this.#options.newId();
      if (!this.#byId.has(id)) return id;
    }
  }
}
