import { monotonicNow, utcNow } from '../clock.ts';
import type { ServerConfig } from '../config/config-schema.ts';
import { MqttService, type MqttServiceOptions } from '../mqtt/mqtt-service.ts';

/** The broker of a configuration, or the way to somebody else's. */
export function openMqtt(
  { cameras, mqtt, limits }: ServerConfig,
  options: Pick<MqttServiceOptions, 'authenticator' | 'sockets' | 'log'>,
): Promise<MqttService> {
  const devices = new Map(
    Object.entries(cameras).flatMap(([id, { picamera }]) => (picamera ? [[picamera.uid, id]] : [])),
  );
  return MqttService.open({
    ...options,
    config: mqtt,
    failedPerMinute: limits.failedAuthPerMinute,
    cameraOf: (uid) => devices.get(uid) ?? uid,
    now: monotonicNow,
    utcNow,
  });
}
