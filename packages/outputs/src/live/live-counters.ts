/** What happened on one kind of WebSocket since the program started; nothing is dropped or refused that is not counted here. */
export interface LiveCounters {
  readonly framesSent: number;
  /** Payload bytes. */
  readonly bytesSent: number;
  /** Left out because a viewer's queue was full. */
  readonly framesDroppedBusy: number;
  /** Left out while a viewer waited for a key unit. */
  readonly framesDroppedUntilKey: number;
  /** JPEG pictures that a newer one replaced before there was room for them. */
  readonly picturesReplaced: number;
  /** Viewers cut off because nothing got through to them. */
  readonly viewersStalled: number;
  /** Viewers turned away: a limit, an unknown camera. */
  readonly viewersRefused: number;
  /** Connections closed because of what they sent. */
  readonly messagesMalformed: number;
  /** Messages of a type that nobody knows; answered with an error. */
  readonly messagesUnknown: number;
  /** Connections closed because they sent too many messages. */
  readonly messagesTooMany: number;
  /** Connections closed because of a message longer than any that a viewer has to send. */
  readonly messagesTooLong: number;
  /** Key-frame requests beyond one a second and viewer. */
  readonly keyFrameRequestsIgnored: number;
}

/** The same, for whoever counts. */
export type MutableLiveCounters = { -readonly [Name in keyof LiveCounters]: LiveCounters[Name] };

/** Nothing happened yet. */
export const newLiveCounters = (): MutableLiveCounters => ({
  framesSent: 0,
  bytesSent: 0,
  framesDroppedBusy: 0,
  framesDroppedUntilKey: 0,
  picturesReplaced: 0,
  viewersStalled: 0,
  viewersRefused: 0,
  messagesMalformed: 0,
  messagesUnknown: 0,
  messagesTooMany: 0,
  messagesTooLong: 0,
  keyFrameRequestsIgnored: 0,
});
