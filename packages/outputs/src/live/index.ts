export type { LiveCounters } from './live-counters.ts';
export { type LiveContext, LiveEndpoint, type LiveEndpointOptions, type Upgrade } from './live-endpoint.ts';
