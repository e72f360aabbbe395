export {
  type JanusHttp,
  type JanusHttpExchange,
  type JanusHttpLinkOptions,
  type JanusHttpRequest,
  janusHttpLink,
} from './http-link.ts';
export {
  type JanusFault,
  type JanusFaultCode,
  lasting as lastingFault,
  passing as passingFault,
} from './janus-fault.ts';
export {
  type JanusClock,
  type JanusLink,
  type JanusLinkHandlers,
  type JanusLinkOpener,
  MAX_SERVER_TEXT_CHARS,
} from './janus-link.ts';
export { JanusViewer } from './janus-viewer.ts';
export type { JanusViewerCounters, JanusViewerEvent, JanusViewerOptions } from './janus-viewer-options.ts';
export { mergeFormatParameters } from './merge-format-parameters.ts';
export { type JanusSocket, type JanusSocketOpener, janusSocketLink } from './socket-link.ts';
