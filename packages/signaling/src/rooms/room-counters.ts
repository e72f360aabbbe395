/** What happened in the rooms since the start, by name. */
export class RoomCounters {
  socketsOpened = 0;
  /** Ended as they did not take what they were sent. */
  socketsClosedSlow = 0;
  /** Ended as nothing was heard of them. */
  socketsClosedSilent = 0;
  socketsClosedRateLimited = 0;
  socketsClosedTooBig = 0;
  socketsClosedUnauthenticated = 0;
  messages = 0;
  messagesRateLimited = 0;
  /** Answered with an `error`. */
  messagesRefused = 0;
  joins = 0;
  /** Camera ids that went to somebody who proved to own them. */
  takeovers = 0;
  /** Camera ids that went to somebody else, as nothing was heard of the owner when asked. */
  ownersFoundDead = 0;
  relayed = 0;
  requests = 0;
  requestTimeouts = 0;
  /** Reports of cameras that came too soon after the one before. */
  statusThrottled = 0;
  /** Reports of cameras left out for a viewer that is busy. */
  statusDroppedBusy = 0;
  pictures = 0;
  picturesRateLimited = 0;
  /** To viewers that take pictures. */
  picturesSent = 0;
  /** Pictures left out for a viewer that is busy. */
  picturesDroppedBusy = 0;
  /** Messages of another process for a client that is gone. */
  deliveredTooLate = 0;
  /** Times that something another process said was missed. */
  busGaps = 0;
  /** Processes that said nothing more; their members are gone. */
  nodesLost = 0;
}
