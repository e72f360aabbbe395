import type { Millis } from '@pinhole/core';
import { type JanusEvent, janusMessageJson } from '@pinhole/protocol/janus';
import type { JanusClient } from './janus-client.ts';
import type { JanusCounters } from './janus-counters.ts';

/** A request that waits for events. */
export interface LongPoll {
  /** The most events that its answer may hold; undefined: one, that stands alone. */
  readonly most: number | undefined;
  /** When it is answered all the same. */
  readonly deadline: Millis;
  /** Takes the text of the answer. Called once. */
  readonly answer: (text: string) => void;
}

/** Events that wait for a client which does not fetch them; a viewer has some ten in its life. */
const MAX_EVENTS = 128;
/** Long polls of one session at a time; clients have one. */
const MAX_POLLS = 4;

/**
 * What a session's client is told. Whoever owns the session gets it: a WebSocket at once, a client of long polls with its
 * next one, and one whose connection was lost when it is back.
 */
export class Mailbox {
  readonly #counters: Pick<JanusCounters, 'eventsDropped' | 'pollsDropped'>;
  readonly #waiting: JanusEvent[] = [];
  readonly #polls: LongPoll[] = [];
  #owner: JanusClient | undefined;
  #lost = false;

  constructor(counters: Pick<JanusCounters, 'eventsDropped' | 'pollsDropped'>) {
    this.#counters = counters;
  }

  /** Who is told: a WebSocket, long polls, or nobody as the WebSocket was lost. */
  get state(): 'socket' | 'polls' | 'lost' {
    if (this.#owner !== undefined) return 'socket';
    return this.#lost ? 'lost' : 'polls';
  }

  /** Another one is told from now on, of what waits as well; undefined: long polls are. */
  give(owner: JanusClient | undefined): void {
    this.#owner = owner;
    this.#lost = false;
    if (owner === undefined) return;
    for (const event of this.#waiting.splice(0)) owner.send(event);
  }

  /** The connection of `owner` is gone. What happens from now on waits for whoever claims the session. */
  lose(owner: JanusClient): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    this.#lost = true;
  }

  put(event: JanusEvent): void {
    if (this.#owner !== undefined) {
      this.#owner.send(event);
      return;
    }
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_EVENTS) {
      this.#waiting.shift();
      this.#counters.eventsDropped++;
    }
    this.#serve();
  }

  /** Takes a long poll: answers it at once when there is something, else when something comes. */
  poll(poll: LongPoll): void {
    this.#polls.push(poll);
    if (this.#polls.length > MAX_POLLS) {
      this.#counters.pollsDropped++;
      this.#fill(this.#polls.shift());
    }
    this.#serve();
  }

  /** Whoever polled is gone. */
  forget(poll: LongPoll): void {
    const at = this.#polls.indexOf(poll);
    if (at !== -1) this.#polls.splice(at, 1);
  }

  /** Answers polls that waited long enough. */
  tick(now: Millis): void {
    while (this.#polls[0] !== undefined && now >= this.#polls[0].deadline) this.#fill(this.#polls.shift());
  }

  /** Answers all polls: there is nothing to wait for any more. */
  close(): void {
    this.#serve();
    for (const poll of this.#polls.splice(0)) this.#fill(poll);
  }

  #serve(): void {
    while (this.#waiting.length > 0) {
      const poll = this.#polls.shift();
      if (poll === undefined) return;
      this.#fill(poll, this.#waiting.splice(0, poll.most ?? 1));
    }
  }

  #fill(poll: LongPoll | undefined, events: readonly JanusEvent[] = [{ janus: 'keepalive' }]): void {
    const bodies = events.map(janusMessageJson);
    poll?.answer(JSON.stringify(poll.most === undefined ? bodies[0] : bodies));
  }
}
