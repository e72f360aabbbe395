import type { MqttService } from '../mqtt/mqtt-service.ts';
import type { PrometheusText } from './prometheus.ts';

/** The figures of the MQTT broker in here, when there is one. */
export function mqttMetrics(text: PrometheusText, { gauges }: Pick<MqttService, 'gauges'>): void {
  if (gauges === undefined) return;
  text.gauge(
    'pinhole_mqtt',
    'What the MQTT broker holds now',
    Object.entries(gauges).map(([what, value]) => ({
      labels: { what: what.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) },
      value: Number(value),
    })),
  );
}
