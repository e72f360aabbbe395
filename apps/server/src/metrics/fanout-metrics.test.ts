import { describe, expect, it } from 'vitest';
import { fanoutMetrics } from './fanout-metrics.ts';
import { PrometheusText } from './prometheus.ts';

const linesOf = (fanout: Parameters<typeof fanoutMetrics>[1]): string[] => {
  const text = new PrometheusText();
  fanoutMetrics(text, fanout);
  return text
    .toString()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
};

describe('the metrics of what sends WebRTC', () => {
  it('tell what native code did', () => {
    const counters = {
      packetsSent: 100,
      systemCalls: 7,
      packetsRefused: 2,
      packetsOverflowed: 3,
      cpuMicros: 2_500_000,
    };

    expect(linesOf({ name: 'native', senders: 4, counters })).toEqual([
      'pinhole_webrtc_fanout{by="native"} 4',
      'pinhole_webrtc_fanout_packets_total{became="sent"} 100',
      'pinhole_webrtc_fanout_packets_total{became="refused"} 2',
      'pinhole_webrtc_fanout_packets_total{became="overflowed"} 3',
      'pinhole_webrtc_fanout_system_calls_total 7',
      'pinhole_webrtc_fanout_cpu_seconds_total 2.5',
    ]);
  });

  it('tell only whom TypeScript serves', () => {
    expect(linesOf({ name: 'typescript', senders: 2 })).toEqual(['pinhole_webrtc_fanout{by="typescript"} 2']);
  });
});
