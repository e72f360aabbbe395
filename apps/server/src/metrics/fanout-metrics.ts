import type { OwnedFanout } from '@pinhole/outputs/webrtc';
import type { PrometheusText } from './prometheus.ts';

const MICROS_PER_SECOND = 1e6;

/** The figures of what sends WebRTC. */
export function fanoutMetrics(
  text: PrometheusText,
  { name, senders, counters }: Pick<OwnedFanout, 'name' | 'senders' | 'counters'>,
): void {
  text.gauge('pinhole_webrtc_fanout', 'What sends WebRTC, with the tracks that it sends now', [
    { labels: { by: name }, value: senders ?? 0 },
  ]);
  if (!counters) return;
  const { packetsSent, packetsRefused, packetsOverflowed, systemCalls, cpuMicros } = counters;
  text
    .counter('pinhole_webrtc_fanout_packets_total', 'RTP packets by native code, by what became of them', [
      { labels: { became: 'sent' }, value: packetsSent },
      { labels: { became: 'refused' }, value: packetsRefused },
      { labels: { became: 'overflowed' }, value: packetsOverflowed },
    ])
    .counter('pinhole_webrtc_fanout_system_calls_total', 'System calls that these packets took', [
      { value: systemCalls },
    ])
    .counter('pinhole_webrtc_fanout_cpu_seconds_total', 'Processor time of the threads that send', [
      { value: cpuMicros / MICROS_PER_SECOND },
    ]);
}
