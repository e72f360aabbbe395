import type { MqttLink } from '@pinhole/mqtt';

/** What a device needs of a link to a broker. */
export type DeviceLink = Pick<MqttLink, 'state' | 'onState' | 'publish' | 'subscribe'>;
