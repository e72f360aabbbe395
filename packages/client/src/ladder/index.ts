export { Ladder, type LadderEffect, type LadderInput } from './ladder.ts';
export type { TransportName } from './transport-name.ts';
