export { createWhipHandler, type WhipHandler, type WhipHandlerOptions } from './whip-handler.ts';
