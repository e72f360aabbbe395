export type { PictureTransport } from '../paths/picture-transport.ts';
export type { JanusOptions } from './janus-options.ts';
export { janusTransport } from './janus-transport.ts';
