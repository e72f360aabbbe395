export type { LiveContext, Upgrade } from './live-context.ts';
export type { LiveCounters } from './live-counters.ts';
export { LIVE_DIALECT, type LiveDialect, RASPICAM_DIALECT } from './live-dialect.ts';
export { LiveEndpoint, type LiveEndpointOptions } from './live-endpoint.ts';
