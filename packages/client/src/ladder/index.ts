export { Ladder, type LadderEffect, type LadderInput, type UnavailableWay } from './ladder.ts';
export type { TransportName } from './transport-name.ts';
