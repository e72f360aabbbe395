export { Ladder, type LadderEffect, type LadderInput, type TransportName } from './ladder.ts';
