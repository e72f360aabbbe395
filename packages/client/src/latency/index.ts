export { CaptureTimes } from './capture-times.ts';
export { type LatencySummary, LatencyWindow } from './latency-window.ts';
export { type Anchor, RtpAnchor } from './rtp-anchor.ts';
