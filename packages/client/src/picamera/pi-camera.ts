import { encodeUtf8 } from '@pinhole/core';
import {
  type CameraControlId,
  type CameraPropertyKey,
  type CameraPropertyValue,
  type ChannelId,
  type CmdType,
  clampQuality,
  DEFAULT_SNAPSHOT_QUALITY,
  type FileQuery,
  type Participant,
  type Quality,
  type QueryFileResponse,
  type RoomInfo,
  type Speaking,
  serializeQueryTime,
  VideoMode,
} from '@pinhole/protocol/picamera';
import type { CameraSession, SessionOptions } from './camera-session.ts';
import { P2pSession } from './p2p-session.ts';
import { PiCameraError, type PiCameraErrorCode } from './picamera-error.ts';
import type { PiCameraEvents, RecordingResponse, Tell, VideoMetadata } from './picamera-events.ts';
import type { IPiCameraOptions } from './picamera-options.ts';
import { browserPlatform, type PiCameraPlatform } from './platform.ts';
import type { RequestDesk } from './request-desk.ts';
import { readOptions } from './settings.ts';
import { SfuSession } from './sfu/sfu-session.ts';

/**
 * A camera that runs pi-webrtc (1.0 to 2.1) or Pinhole: its picture and sound, snapshots, recordings, properties and the
 * programs beside it. Which generation it is shows by itself.
 *
 * ```ts
 * const camera = new PiCamera({ deviceUid: 'garden', mqttHost: location.hostname });
 * camera.onStream = (stream) => (video.srcObject = stream);
 * camera.connect();
 * ```
 */
export class PiCamera implements Partial<PiCameraEvents> {
  /** The state of the WebRTC connection changed; `closed` at each `terminate()`. */
  onConnectionState?: (state: RTCPeerConnectionState) => void;
  /** A channel is open. */
  onDatachannel?: (id: ChannelId) => void;
  /** A part of something came, in bytes. `type` is the same for all generations. */
  onProgress?: (received: number, total: number, type: CmdType) => void;
  /** A track of picture or sound came; both are in one stream. */
  onStream?: (stream: MediaStream) => void;
  /** A track came by an SFU server; `sid` is whose it is there. */
  onSfuStream?: (sid: string, stream: MediaStream) => void;
  /** A JPEG picture, as a `data:` URL. */
  onSnapshot?: (base64: string) => void;
  /** What is known of a recording; once for each. */
  onMetadata?: (metadata: VideoMetadata) => void;
  /** The same of one or several recordings; of none, where the device says so. */
  onVideoListLoaded?: (list: QueryFileResponse) => void;
  /** A recording is here, whole. */
  onVideoDownloaded?: (file: Uint8Array<ArrayBuffer>) => void;
  /** Recording on demand began or ended. */
  onRecording?: (recording: RecordingResponse) => void;
  /** A message from a program beside the camera, as text and as bytes. */
  onMessage?: (message: string, bytes: Uint8Array<ArrayBuffer>) => void;
  /** Not connected in time; `terminate()` follows. */
  onTimeout?: () => void;
  /** The room at the SFU server changed. */
  onRoomInfo?: (room: RoomInfo) => void;
  /** How good the connections to the SFU server are. */
  onQuality?: (quality: readonly Quality[]) => void;
  /** Who speaks at the SFU server. */
  onSpeaking?: (speaking: readonly Speaking[]) => void;
  /** Who is at the SFU server. */
  onParticipant?: (participants: readonly Participant[]) => void;
  /** Something came to nothing. Told on the console where nobody listens. */
  onError?: (error: PiCameraError) => void;

  readonly #options: IPiCameraOptions;
  readonly #platform: PiCameraPlatform;
  #session: CameraSession | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #microphone: 'on' | 'off';
  #speaker: 'on' | 'off';
  #terminated = false;

  /**
   * Looks at the options; nothing is opened before {@link connect}.
   * @param platform what is used of the browser; the browser itself unless told
   * @throws {PiCameraError} `picamera/option`
   */
  constructor(options: IPiCameraOptions, platform: PiCameraPlatform = browserPlatform) {
    const { isMicOn = true, isSpeakerOn = true } = options;
    // The id in a room stays the same, however often it is connected.
    this.#options = { ...options, userId: options.userId ?? platform.newId() };
    this.#platform = platform;
    this.#microphone = isMicOn ? 'on' : 'off';
    this.#speaker = isSpeakerOn ? 'on' : 'off';
    readOptions(this.#options);
  }

  /** `onQuality`, as it was written first. */
  get onQuility(): ((quality: readonly Quality[]) => void) | undefined {
    return this.onQuality;
  }

  set onQuility(listener: ((quality: readonly Quality[]) => void) | undefined) {
    if (listener) this.onQuality = listener;
    else delete this.onQuality;
  }

  /** Starts to connect. A second call while it is connected, or connecting, changes nothing. */
  connect(): void {
    if (this.#session) return;
    this.#terminated = false;
    const settings = readOptions(this.#options);
    const { signaling, timeoutMs } = settings;
    const shared: SessionOptions = {
      platform: this.#platform,
      settings,
      tell: this.#tell,
      microphone: this.#microphone,
      speaker: this.#speaker,
      takesLists: () => this.onVideoListLoaded !== undefined,
      connected: () => clearTimeout(this.#timer),
      over: (error) => {
        this.#tell('onError', error);
        this.terminate();
      },
    };
    if (timeoutMs > 0) {
      this.#timer = setTimeout(() => {
        this.#tell('onTimeout');
        this.terminate();
      }, timeoutMs);
    }
    this.#session =
      signaling.kind === 'mqtt'
        ? new P2pSession({ ...shared, mqtt: signaling })
        : new SfuSession({ ...shared, sfu: signaling });
    this.#session.open();
  }

  /** Ends the connection and frees all that it had. `connect()` may be called again. */
  terminate(): void {
    clearTimeout(this.#timer);
    const session = this.#session;
    this.#session = undefined;
    this.#terminated = true;
    session?.close();
    this.#tell('onConnectionState', 'closed');
  }

  /** The state of the WebRTC connection. */
  getStatus(): RTCPeerConnectionState {
    return this.#session?.status ?? (this.#terminated ? 'closed' : 'new');
  }

  /** Asks for the newest recording that is finished. Answered by `onMetadata`, which must be assigned. */
  getRecordingMetadata(): void;
  /** Asks for up to 8 recordings before the one at `path`, newest first. */
  getRecordingMetadata(path: string): void;
  /** Asks for the last recording that was finished before `time`, by the clock of the device. */
  getRecordingMetadata(time: Date): void;
  getRecordingMetadata(parameter?: string | Date): void {
    if (this.onMetadata || this.onVideoListLoaded)
      this.#desk('a list of recordings')?.query(queryOf(parameter));
  }

  /** Newer name of {@link getRecordingMetadata}. Answered by `onVideoListLoaded`, or `onMetadata`. */
  fetchVideoList(parameter?: string | Date): void {
    if (this.onMetadata || this.onVideoListLoaded)
      this.#desk('a list of recordings')?.query(queryOf(parameter));
  }

  /** Asks for a recording. Answered by `onVideoDownloaded`, which must be assigned: whole, in memory. */
  fetchRecordedVideo(path: string): void {
    if (this.onVideoDownloaded) this.#desk('a recording')?.download(path);
  }

  /** Newer name of {@link fetchRecordedVideo}. */
  downloadVideoFile(path: string): void {
    this.fetchRecordedVideo(path);
  }

  /**
   * A recording as it comes, without holding it: for files larger than memory, and for writing while it is loaded. It fails
   * with a {@link PiCameraError}. A data channel cannot wait for a slow reader: one that is 64 MiB behind fails.
   */
  streamVideoFile(path: string): ReadableStream<Uint8Array<ArrayBuffer>> {
    const desk = this.#desk('a recording');
    if (desk) return desk.stream(path);
    return new ReadableStream({
      start: (controller) => controller.error(new PiCameraError('picamera/not-open', 'not connected')),
    });
  }

  /** Sets a property of the camera, for all viewers. Devices do not answer. */
  setCameraProperty(key: CameraPropertyKey, value: CameraPropertyValue): void;
  /** The same for properties that have numbers for values, such as `EXPOSURE_TIME`. */
  setCameraProperty(key: CameraPropertyKey, value: number): void;
  setCameraProperty(key: CameraPropertyKey, value: number): void {
    this.#desk('a camera property')?.control(key, value);
  }

  /** Newer name of {@link setCameraProperty}. */
  setCameraControl(key: CameraControlId, value: number): void {
    this.#desk('a camera property')?.control(key, value);
  }

  /** Asks for a picture of what is live. Answered by `onSnapshot`. @param quality 0 to 100 */
  snapshot(quality: number = DEFAULT_SNAPSHOT_QUALITY): void {
    this.#desk('a snapshot')?.snapshot(clampQuality(quality));
  }

  /** Starts a recording on demand, which ends with the last viewer at the latest. Answered by `onRecording`. */
  startRecording(): void {
    this.#desk('a recording')?.record('start');
  }

  /** Ends the recording on demand. */
  stopRecording(): void {
    this.#desk('a recording')?.record('stop');
  }

  /** Sends a text to the programs beside the camera, as `ipcMode` says. */
  sendMessage(message: string): void {
    this.sendData(encodeUtf8(message));
  }

  /** Newer name of {@link sendMessage}. */
  sendText(message: string): void {
    this.sendMessage(message);
  }

  /** Sends bytes to the programs beside the camera. */
  sendData(message: Uint8Array): void {
    if (this.#options.ipcMode === undefined) {
      this.#error('picamera/no-ipc', 'no message was sent: set ipcMode to "reliable" or "lossy"');
    } else if (!this.#session?.ipc) {
      this.#error('picamera/not-open', 'no message was sent: not connected');
    } else this.#session.ipc.say(message);
  }

  /** Turns the microphone on or off; the other way round unless told. */
  toggleMic(enabled: boolean = this.#microphone === 'off'): void {
    this.#microphone = enabled ? 'on' : 'off';
    this.#session?.toggleMic(this.#microphone);
  }

  /** Turns the sound of the camera on or off; the other way round unless told. */
  toggleSpeaker(enabled: boolean = this.#speaker === 'off'): void {
    this.#speaker = enabled ? 'on' : 'off';
    this.#session?.toggleSpeaker(this.#speaker);
  }

  #desk(what: string): RequestDesk | undefined {
    const session = this.#session;
    if (!session) this.#error('picamera/not-open', `${what} was not asked for: not connected`);
    else if (!session.desk) {
      this.#error('picamera/unsupported', `${what} was not asked for: an SFU server has no command channel`);
    }
    return session?.desk;
  }

  #error(code: PiCameraErrorCode, message: string): void {
    this.#tell('onError', new PiCameraError(code, message));
  }

  readonly #tell: Tell = (name, ...values) => {
    const listener = this[name] as ((...all: readonly unknown[]) => void) | undefined;
    const [error] = values;
    if (!listener && error instanceof PiCameraError) {
      // oxlint-disable-next-line no-console -- a page that was written for another library listens for no errors
      console.warn(`${error.code}: ${error.message}`);
    }
    try {
      listener?.apply(this, values);
    } catch (thrown) {
      // A fault of the page must not end the connection; it is told as one that nobody caught.
      reportError(thrown);
    }
  };
}

function queryOf(parameter: string | Date | undefined): FileQuery {
  const mode = VideoMode.RECORDING;
  if (parameter instanceof Date) return { by: 'before-time', time: serializeQueryTime(parameter), mode };
  return parameter ? { by: 'before-file', path: parameter, mode } : { by: 'latest', mode };
}
