/** What happened at a device since it was opened, by name. */
export class DeviceCounters {
  offers = 0;
  /** The same offer once more, on the other family of topics or on the same one: answered with the same answer. */
  offersRepeated = 0;
  /** Offers that a later one of the same client overtook before they were looked at. */
  offersOvertaken = 0;
  /** More offers than a client, or all of them, may make. */
  offersLimited = 0;
  /** Offers of clients that may not watch the camera. */
  offersForbidden = 0;
  /** Offers that could not be read, or asked for what there is not. */
  offersRefused = 0;
  answers = 0;
  /** Offers answered on the connection that was there. */
  renegotiations = 0;
  /** Connections that a newer one of the same client took the place of. */
  connectionsReplaced = 0;
  candidates = 0;
  /** Candidates that came before their offer and were kept for it. */
  candidatesEarly = 0;
  /** Candidates that came before their offer and were let go: too many, too long, or no offer came. */
  candidatesEarlyDropped = 0;
  candidatesLimited = 0;
  /** Our own, come back: the broker does not keep to No Local. */
  candidatesEchoed = 0;
  /** Answers to offers that were never made. */
  answersUnexpected = 0;
  messagesMalformed = 0;
  messagesOversized = 0;
  /** Retained by somebody: of a viewer who is long gone. */
  messagesRetained = 0;
  topicsUnknown = 0;
  /** Answers and candidates that the link did not take. */
  publishesDropped = 0;
  /** Topics that the broker does not let us hear. */
  topicsRefused = 0;
}

/** The counters that tell of something to look at. */
export const DEVICE_FAULTS = [
  'offersLimited',
  'offersForbidden',
  'offersRefused',
  'candidatesEarlyDropped',
  'candidatesLimited',
  'candidatesEchoed',
  'answersUnexpected',
  'messagesMalformed',
  'messagesOversized',
  'messagesRetained',
  'topicsUnknown',
  'publishesDropped',
] as const satisfies readonly (keyof DeviceCounters)[];
