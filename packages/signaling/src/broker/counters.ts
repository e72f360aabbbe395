/** What happened in a broker since it was opened. */
export const newBrokerCounters = () => ({
  connected: 0,
  /** Said goodbye. */
  disconnected: 0,
  /** Went without a word. */
  lost: 0,
  /** Turned away: user, password or token. */
  refusedCredentials: 0,
  /** Turned away: as many are here as may be. */
  refusedFull: 0,
  /** Turned away: not a kind of MQTT that is spoken here, or a client id that cannot be. */
  refusedProtocol: 0,
  /** Turned away: somebody else has this client id. */
  refusedClientId: 0,
  /** Came again with the same client id; the older connection ended. */
  takenOver: 0,
  /** Did not say who they are in time. */
  connectTimeouts: 0,
  /** Silent for longer than they said they would be. */
  keepAliveExpired: 0,
  /** Ended as what they sent is no MQTT, or against its rules. */
  malformed: 0,
  /** Ended as a packet was too large. */
  oversized: 0,
  /** Ended as they sent too much. */
  rateLimited: 0,
  /** Ended as they did not take what was promised to them. */
  slowEnded: 0,
  /** Ended as their token was revoked or expired. */
  revoked: 0,
  /** Messages that came in and were allowed. */
  received: 0,
  /** Messages that went out, one for each who got it. */
  delivered: 0,
  /** Messages to topics where their sender may not publish. */
  publishForbidden: 0,
  /** Topics that the asker may not hear. */
  subscribeForbidden: 0,
  /** Topics not subscribed to for other reasons: too many, too deep, shared. */
  subscribeRefused: 0,
  /** QoS 0, for somebody who reads too slowly. */
  droppedSlow: 0,
  /** Larger than the client takes. */
  droppedTooLarge: 0,
  /** Nobody wanted it any more when its turn came. */
  droppedExpired: 0,
  /** For our own device, which is behind. */
  droppedLink: 0,
  /** Delivered, but not kept: as many are kept as may be. */
  retainedRefused: 0,
  /** Said for somebody who went without a word. */
  wills: 0,
});

/** See {@link newBrokerCounters}. */
export type BrokerCounters = ReturnType<typeof newBrokerCounters>;
