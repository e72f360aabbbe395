/** No topic is longer, in UTF-8. MQTT allows 65 535 (MQTT 5 §1.5.4); no one of ours comes near. */
export const MAX_TOPIC_BYTES = 1024;
