export { webCodecsProblem } from './support.ts';
export { WebCodecsPlayer } from './webcodecs-player.ts';
