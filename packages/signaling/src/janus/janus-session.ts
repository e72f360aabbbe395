import type { Millis } from '@pinhole/core';
import type { Identity } from '@pinhole/engine';
import type { JanusCounters } from './janus-counters.ts';
import { Mailbox } from './mailbox.ts';
import type { UstreamerHandle } from './ustreamer-handle.ts';

/** One session of a client: its handles, and what it is told. */
export class JanusSession {
  readonly id: number;
  /** Whose it is: nobody else's requests are taken. */
  readonly who: Identity;
  /** What counts as one address. */
  readonly household: string;
  readonly mailbox: Mailbox;
  readonly handles = new Map<number, UstreamerHandle>();
  /** The last sign of life. */
  heardAt: Millis;

  constructor(
    made: Pick<JanusSession, 'id' | 'who' | 'household' | 'heardAt'>,
    counters: Pick<JanusCounters, 'eventsDropped' | 'pollsDropped'>,
  ) {
    this.id = made.id;
    this.who = made.who;
    this.household = made.household;
    this.heardAt = made.heardAt;
    this.mailbox = new Mailbox(counters);
  }

  /** Ends its viewers; the client is told of each handle where `told` says so. */
  end(reason: string, told: 'told' | 'untold'): void {
    for (const [sender, handle] of this.handles) {
      handle.close(reason);
      if (told === 'told') this.mailbox.put({ janus: 'detached', sessionId: this.id, sender });
    }
    this.handles.clear();
    this.mailbox.close();
  }
}
