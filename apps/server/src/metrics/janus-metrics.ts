import type { JanusService } from '../janus/janus-service.ts';
import type { PrometheusText } from './prometheus.ts';

/** The figures of the Janus API. */
export function janusMetrics(text: PrometheusText, { gauges }: Pick<JanusService, 'gauges'>): void {
  text.gauge(
    'pinhole_janus',
    'What there is at the Janus API now; lost are sessions without a connection, which may be claimed',
    Object.entries(gauges).map(([what, value]) => ({ labels: { what }, value: Number(value) })),
  );
}
