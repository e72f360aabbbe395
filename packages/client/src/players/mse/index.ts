export { LiveEdge } from './live-edge.ts';
export { mseProblem } from './media-source.ts';
export { MsePlayer } from './mse-player.ts';
