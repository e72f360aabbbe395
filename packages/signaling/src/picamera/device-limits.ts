import { type Micros, micros } from '@pinhole/core';
import type { BudgetRate } from '../rooms/message-budget.ts';

/** How much a device takes from those who reach it by a broker. */
export interface DeviceLimits {
  /** Connections at a time, those that are being made included. */
  readonly connections: number;
  /** Offers of all clients. */
  readonly offers: BudgetRate;
  /** Offers of one client. */
  readonly offersPerClient: BudgetRate;
  /** Candidates of one client. */
  readonly candidatesPerClient: BudgetRate;
  /** Clients of whom candidates came and no offer yet. */
  readonly earlyClients: number;
  /** Candidates of one client kept until its offer comes. */
  readonly earlyCandidates: number;
  /** The same in UTF-16 units of their text. */
  readonly earlyCharacters: number;
  /** How long they are kept. */
  readonly earlyAge: Micros;
}

/** Enough for a house full of pages that are all opened at once, and their candidates. */
export const DEFAULT_DEVICE_LIMITS: DeviceLimits = {
  connections: 64,
  offers: { perSecond: 4, burst: 128 },
  offersPerClient: { perSecond: 0.2, burst: 8 },
  candidatesPerClient: { perSecond: 4, burst: 128 },
  earlyClients: 64,
  earlyCandidates: 32,
  earlyCharacters: 8192,
  earlyAge: micros(15_000_000),
};
