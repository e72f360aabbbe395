import type { SharedPort } from '@pinhole/webrtc';
import type { PrometheusText } from './prometheus.ts';

/** The figures of the port that all WebRTC peers share. */
export function webrtcPortMetrics(
  text: PrometheusText,
  shared: Pick<SharedPort, 'port' | 'counters'> | undefined,
): void {
  if (!shared) return;
  const { unknownDatagrams, unprovenDatagrams, sendFailures, ...tcp } = shared.counters;
  text
    .gauge('pinhole_webrtc_port', 'The port of all WebRTC peers', [{ value: shared.port }])
    .counter(
      'pinhole_webrtc_port_datagrams_dropped_total',
      'Datagrams that were dropped at this port, and why',
      [
        { labels: { why: 'unknown' }, value: unknownDatagrams },
        { labels: { why: 'unproven' }, value: unprovenDatagrams },
        { labels: { why: 'tcp-slow' }, value: tcp.tcpDropped },
      ],
    )
    .counter('pinhole_webrtc_port_send_failures_total', 'Datagrams that the system would not send', [
      { value: sendFailures },
    ])
    .counter(
      'pinhole_webrtc_port_tcp_connections_total',
      'TCP connections to this port, by what became of them',
      [
        { labels: { became: 'claimed' }, value: tcp.tcpClaimed },
        { labels: { became: 'refused' }, value: tcp.tcpRefused },
        { labels: { became: 'crowded' }, value: tcp.tcpCrowded },
        { labels: { became: 'late' }, value: tcp.tcpLate },
      ],
    );
}
