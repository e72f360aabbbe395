export type { WebSocketOpener } from './janus-socket.ts';
export { createJanusSource, JanusSource } from './janus-source.ts';
export type { JanusSourceCounters, JanusSourceOptions, JanusTarget } from './janus-source-options.ts';
