/** Data channels of a viewer by SCTP stream id; all are negotiated, so no label crosses the wire. */
export const ChannelId = { Command: 0, Lossy: 1, Reliable: 2 } as const;
/** One of {@link ChannelId}. */
export type ChannelId = (typeof ChannelId)[keyof typeof ChannelId];

/** What the label of each channel is, for those that look at it (channels through an SFU are found by it). */
export const CHANNEL_LABEL = { 0: 'command', 1: '_lossy', 2: '_reliable' } as const satisfies Record<
  ChannelId,
  string
>;

/** Requests and answers of generation A: the `type` of a request, the first byte of an answer. */
export const CmdType = {
  CONNECT: 0,
  SNAPSHOT: 1,
  METADATA: 2,
  RECORDING: 3,
  CAMERA_CONTROL: 4,
  BROADCAST: 5,
  CUSTOM: 6,
} as const;
/** One of {@link CmdType}. */
export type CmdType = (typeof CmdType)[keyof typeof CmdType];

/** Which recordings a METADATA request of generation A asks for. */
export const MetadataCmd = { LATEST: 0, OLDER: 1, SPECIFIC_TIME: 2 } as const;
/** One of {@link MetadataCmd}. */
export type MetadataCmd = (typeof MetadataCmd)[keyof typeof MetadataCmd];

/** The `type` of a packet, generations B and C. */
export const CommandType = {
  DISCONNECT: 0,
  CONTROL_CAMERA: 1,
  TAKE_SNAPSHOT: 2,
  QUERY_FILE: 3,
  TRANSFER_FILE: 4,
  START_RECORDING: 5,
  STOP_RECORDING: 6,
  TOGGLE_TRACKING: 7,
  CUSTOM: 100,
} as const;
/** One of {@link CommandType}. */
export type CommandType = (typeof CommandType)[keyof typeof CommandType];

/** Which recordings a QUERY_FILE packet asks for. */
export const QueryFileType = { LATEST_FILE: 0, BEFORE_FILE: 1, BEFORE_TIME: 2 } as const;
/** One of {@link QueryFileType}. */
export type QueryFileType = (typeof QueryFileType)[keyof typeof QueryFileType];

/** Which kind of video a QUERY_FILE packet asks for; generation C. */
export const VideoMode = { RECORDING: 0, TIMELAPSE: 1 } as const;
/** One of {@link VideoMode}. */
export type VideoMode = (typeof VideoMode)[keyof typeof VideoMode];

/** Why a DISCONNECT packet was sent. */
export const DisconnectReason = { UNKNOWN: 0, CLIENT_INITIATED: 1 } as const;
/** One of {@link DisconnectReason}. */
export type DisconnectReason = (typeof DisconnectReason)[keyof typeof DisconnectReason];
