/** What one broker holds at most; whatever is beyond is refused or dropped, and counted. */
export interface BrokerLimits {
  /** Connections, those included that did not say who they are yet. */
  readonly clients: number;
  readonly clientsPerAddress: number;
  /** A larger packet ends its connection. */
  readonly packetBytes: number;
  /** Levels of a topic or a filter. */
  readonly topicLevels: number;
  readonly subscriptionsPerClient: number;
  /**
   * What may wait for one client. Beyond it messages of QoS 0 are dropped for this client; one of QoS 1 or 2 ends its
   * connection, as what was promised could not be kept.
   */
  readonly queuedBytesPerClient: number;
  /** Packets of one client; after a pause four seconds' worth at once. More ends its connection. */
  readonly packetsPerSecond: number;
  readonly retainedMessages: number;
  readonly retainedBytes: number;
  /** From the connection to its CONNECT. */
  readonly connectMs: number;
  /** The longest that a client may want to be silent; the broker says so (MQTT 5 §3.2.2.3.14). */
  readonly keepAliveSeconds: number;
}

/** What fits a home server: an SDP of 64 KiB passes. */
export const BROKER_LIMITS: BrokerLimits = {
  clients: 2000,
  clientsPerAddress: 128,
  packetBytes: 131_072,
  topicLevels: 16,
  subscriptionsPerClient: 32,
  queuedBytesPerClient: 524_288,
  packetsPerSecond: 100,
  retainedMessages: 1000,
  retainedBytes: 4_194_304,
  connectMs: 5000,
  keepAliveSeconds: 300,
};

/** How many of QoS 1 and 2 are on their way to or from one client at once. @see MQTT 5 §3.3.4 */
export const WINDOW = 64;
