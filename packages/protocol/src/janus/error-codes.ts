/**
 * The errors of the Janus API, by what they mean. A plugin's own errors are none of these: they come as events with an
 * `error_code`.
 */
export const JANUS_ERROR = {
  unauthorized: 403,
  /** The token may not use this plugin. */
  unauthorizedPlugin: 405,
  transportSpecific: 450,
  missingRequest: 452,
  unknownRequest: 453,
  invalidJson: 454,
  notAnObject: 455,
  missingElement: 456,
  invalidPath: 457,
  noSuchSession: 458,
  noSuchHandle: 459,
  noSuchPlugin: 460,
  attachFailed: 461,
  pluginMessage: 462,
  detachFailed: 463,
  unknownJsepType: 464,
  invalidSdp: 465,
  trickle: 466,
  invalidElementType: 467,
  sessionConflict: 468,
  unexpectedAnswer: 469,
  tokenNotFound: 470,
  webrtcState: 471,
  notAcceptingSessions: 472,
  unknown: 490,
} as const;

/** What an error of the Janus API means. */
export type JanusErrorName = keyof typeof JANUS_ERROR;

/** What clients are told of wrong or missing secrets and tokens, of either kind: nothing that helps in guessing. */
export const UNAUTHORIZED = 'Unauthorized request (wrong or missing secret/token)';

/** The longest message of a client, in UTF-16 units: an answer with many candidates has a tenth of it. */
export const MAX_JANUS_TEXT_CHARS = 131_072;

/** How many requests one message may hold, one after the other. */
export const MAX_JANUS_REQUESTS = 64;

/** The WebSocket subprotocol of the Janus API. */
export const JANUS_SUBPROTOCOL = 'janus-protocol';
