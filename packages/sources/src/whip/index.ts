export { createWhipSource, type WhipCounters, WhipSource, type WhipSourceOptions } from './whip-source.ts';
