/**
 * The messages of rooms as plain types: those who install this package need no schema library to read them. What comes
 * in is parsed by the schemas of `@pinhole/protocol/rooms`, and the compiler holds both together where it enters and
 * leaves.
 */

/** What a camera says it can do; nothing here is checked against its pictures. */
export interface CameraCapabilities {
  readonly codecs?: string[] | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly fps?: number | undefined;
  readonly audio?: boolean | undefined;
  readonly ptz?: boolean | undefined;
  readonly transports?: string[] | undefined;
}

/** A camera of the room. */
export interface CameraListing {
  /** What its owner calls it: any printable characters. */
  readonly cameraId: string;
  readonly clientId: string;
  /** For people. */
  readonly name?: string | undefined;
  readonly capabilities?: CameraCapabilities | undefined;
  /** How many watch it; left out for cameras of other servers. */
  readonly viewers?: number | undefined;
}

interface IceServerMessage {
  readonly urls: string | string[];
  readonly username?: string | undefined;
  readonly credential?: string | undefined;
}

interface DescriptionMessage<Type extends string> {
  readonly type?: Type | undefined;
  readonly sdp?: string | undefined;
}

interface CandidateMessage {
  readonly candidate?: string | undefined;
  readonly sdpMid?: string | null | undefined;
  readonly sdpMLineIndex?: number | null | undefined;
  readonly usernameFragment?: string | null | undefined;
}

/** A session description in a message. */
export type RoomDescription = DescriptionMessage<'offer' | 'answer' | 'pranswer'>;

/** A candidate in a message; `null` is the end of them. */
export type RoomCandidate = CandidateMessage | null;

type DeviceType = 'camera' | 'viewer';

interface ServerMessages {
  readonly welcome: {
    readonly clientId: string;
    readonly protocol?: number | undefined;
    readonly serverTime?: string | undefined;
    readonly iceServers?: readonly IceServerMessage[] | undefined;
    readonly pingIntervalMs?: number | undefined;
    readonly resumeToken?: string | undefined;
    readonly authRequired?: boolean | undefined;
  };
  readonly authenticated: {
    readonly clientId: string;
    readonly iceServers?: readonly IceServerMessage[] | undefined;
  };
  readonly joined: {
    readonly room: string;
    readonly clientId?: string | undefined;
    readonly members?:
      | readonly {
          readonly clientId: string;
          readonly deviceType: DeviceType;
          readonly cameraId?: string | undefined;
        }[]
      | undefined;
    readonly cameras?: readonly CameraListing[] | undefined;
    readonly iceServers?: readonly IceServerMessage[] | undefined;
  };
  readonly left: { readonly room: string };
  readonly clientJoined: {
    readonly clientId: string;
    readonly deviceType: DeviceType;
    readonly cameraId?: string | undefined;
  };
  readonly clientDisconnected: {
    readonly clientId: string;
    readonly deviceType?: DeviceType | undefined;
    readonly cameraId?: string | undefined;
    readonly reason?: string | undefined;
  };
  readonly cameraAvailable: CameraListing;
  readonly cameraUnavailable: { readonly cameraId: string; readonly clientId: string };
  readonly cameraNotFound: {
    readonly cameraId: string;
    readonly requestId?: string | undefined;
    readonly room?: string | undefined;
  };
  readonly cameraList: {
    readonly cameras: readonly CameraListing[];
    readonly requestId?: string | undefined;
  };
  readonly viewerRequest: {
    readonly viewerId: string;
    readonly requestId?: string | undefined;
    readonly room?: string | undefined;
    readonly cameraId?: string | undefined;
    readonly iceServers?: readonly IceServerMessage[] | undefined;
  };
  readonly viewerLeft: { readonly viewerId: string; readonly cameraId?: string | undefined };
  readonly streamRejected: {
    readonly cameraId: string;
    readonly requestId?: string | undefined;
    readonly reason?: string | undefined;
  };
  readonly cameraStatus: {
    readonly cameraId: string;
    readonly clientId?: string | undefined;
    readonly streaming?: boolean | undefined;
    readonly viewers?: number | undefined;
    readonly timestamp?: number | undefined;
  };
  /** The next binary message is a picture of this camera. */
  readonly frameInfo: {
    readonly cameraId: string;
    readonly clientId?: string | undefined;
    readonly size: number;
  };
  readonly offer: {
    readonly sender: string;
    readonly sdp?: DescriptionMessage<'offer'> | undefined;
  };
  readonly answer: {
    readonly sender: string;
    readonly sdp?: DescriptionMessage<'answer' | 'pranswer'> | undefined;
  };
  readonly iceCandidate: {
    readonly sender: string;
    readonly candidate?: CandidateMessage | null | undefined;
  };
  readonly pong: { readonly t?: number | undefined };
  readonly error: {
    readonly code: string;
    readonly message: string;
    readonly re?: string | undefined;
    readonly requestId?: string | undefined;
    readonly retryAfterMs?: number | undefined;
  };
}

/** One message of the server, by its type. */
export type RoomServerMessageOf<Type extends keyof ServerMessages> = {
  readonly type: Type;
} & ServerMessages[Type];

/** What the server says. */
export type RoomServerMessage = {
  readonly [Type in keyof ServerMessages]: RoomServerMessageOf<Type>;
}[keyof ServerMessages];

interface ClientMessages {
  readonly join: {
    readonly room: string;
    readonly deviceType?: DeviceType;
    readonly cameraId?: string;
    readonly name?: string;
    readonly capabilities?: CameraCapabilities;
  };
  readonly leave: object;
  readonly offer: { readonly target: string; readonly sdp: { readonly type: 'offer'; readonly sdp: string } };
  readonly answer: {
    readonly target: string;
    readonly sdp: { readonly type: 'answer'; readonly sdp: string };
  };
  readonly iceCandidate: { readonly target: string; readonly candidate: CandidateMessage | null };
  readonly requestStream: {
    readonly cameraId: string;
    readonly requestId: string;
    /** With `jpeg`, pictures as binary messages are welcome too. */
    readonly transports?: string[];
  };
  readonly stopStream: { readonly cameraId: string };
  readonly rejectStream: { readonly viewerId: string; readonly reason: string; readonly requestId?: string };
  readonly listCameras: { readonly requestId: string };
  readonly ping: { readonly t: number };
  readonly auth: { readonly token: string };
  readonly resume: { readonly resumeToken: string };
  readonly cameraStatus: {
    readonly cameraId: string;
    readonly streaming: boolean;
    readonly viewers: number;
    readonly timestamp: number;
  };
}

/** What a client of this library says. */
export type RoomClientMessage = {
  readonly [Type in keyof ClientMessages]: { readonly type: Type } & ClientMessages[Type];
}[keyof ClientMessages];
