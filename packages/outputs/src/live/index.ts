export type { LiveCounters } from './live-counters.ts';
export { LIVE_DIALECT, type LiveDialect, RASPICAM_DIALECT } from './live-dialect.ts';
export { type LiveContext, LiveEndpoint, type LiveEndpointOptions, type Upgrade } from './live-endpoint.ts';
