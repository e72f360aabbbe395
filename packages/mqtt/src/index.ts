export { MAX_TOPIC_BYTES } from './limits.ts';
export type { MqttLinkOptions } from './link-options.ts';
export type {
  MqttGrant,
  MqttHandler,
  MqttLink,
  MqttLinkCounters,
  MqttLinkState,
  MqttMessageDetails,
  MqttPublishOptions,
  MqttQos,
  MqttSubscribeOptions,
  MqttSubscription,
  MqttTopicWish,
  MqttWill,
} from './mqtt-link.ts';
export { openMqttLink } from './open-mqtt-link.ts';
export { reasonInWords } from './reasons.ts';
export { SubscriptionTable } from './subscription-table.ts';
export { checkTopicFilter, checkTopicName, topicMatches } from './topic.ts';
