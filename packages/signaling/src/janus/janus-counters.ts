/** What happened at the Janus API since the start, by name. */
export class JanusCounters {
  sessionsOpened = 0;
  /** Turned away: there were as many as there may be. */
  sessionsRefused = 0;
  /** Of which nothing was heard any more. */
  sessionsTimedOut = 0;
  /** Without a connection, and given up for a new one. */
  sessionsEvicted = 0;
  /** Taken over by another connection. */
  sessionsClaimed = 0;
  handlesOpened = 0;
  handlesRefused = 0;
  requests = 0;
  /** Answered with an error. */
  requestsRefused = 0;
  /** Left undone, as too many came from one connection or waited on one handle. */
  requestsRateLimited = 0;
  watches = 0;
  /** Cameras that had no picture in time: 503. */
  watchesNotReady = 0;
  watchesRefused = 0;
  /** Answers of viewers that fit no offer. */
  answersRefused = 0;
  candidatesPassedOver = 0;
  /** Events left out for clients that do not fetch them. */
  eventsDropped = 0;
  /** Long polls ended for a newer one. */
  pollsDropped = 0;
  socketsOpened = 0;
  socketsRefused = 0;
  /** Ended as they did not take what they were sent. */
  socketsClosedSlow = 0;
  /** Ended as nothing was heard of them. */
  socketsClosedSilent = 0;
  socketsClosedRateLimited = 0;
}
