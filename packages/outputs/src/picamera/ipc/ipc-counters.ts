/** What passed between viewers and programs of this machine; all since the program started. */
export interface IpcCounters {
  /** Messages of viewers, and how often one was handed to a local program. */
  readonly fromViewers: number;
  readonly toLocal: number;
  /** Messages of viewers that nobody was there to hear. */
  readonly unheard: number;
  /** Messages of local programs, and how often one was handed to a viewer's channel. */
  readonly fromLocal: number;
  readonly toViewers: number;
  /** Not handed to a channel: a lossy one that is behind, or a reliable one whose viewer does not keep up. */
  readonly droppedLossy: number;
  readonly droppedReliable: number;
  /** Not handed to a viewer of whom nothing was heard yet, since too many waited for that already. */
  readonly droppedHeld: number;
  /** Local programs that connected, and those that were sent away. */
  readonly clients: number;
  readonly clientsRefused: number;
  /** Local programs that were dropped: they did not read what viewers said. */
  readonly clientsDroppedSlow: number;
  /** Local programs that were dropped: what they sent was no frame. */
  readonly clientsDroppedMalformed: number;
}

/** The same, to be counted with. */
export type IpcTally = { -readonly [Name in keyof IpcCounters]: number };

/** Nothing happened yet. */
export const newIpcTally = (): IpcTally => ({
  fromViewers: 0,
  toLocal: 0,
  unheard: 0,
  fromLocal: 0,
  toViewers: 0,
  droppedLossy: 0,
  droppedReliable: 0,
  droppedHeld: 0,
  clients: 0,
  clientsRefused: 0,
  clientsDroppedSlow: 0,
  clientsDroppedMalformed: 0,
});
