import type {
  ChannelId,
  CmdType,
  Participant,
  Quality,
  QueryFileResponse,
  RoomInfo,
  Speaking,
} from '@pinhole/protocol/picamera';
import type { PiCameraError } from './picamera-error.ts';

/** What is known of a recording. */
export interface VideoMetadata {
  /** Whole seconds; -1 or 0 where the device could not tell. */
  readonly duration: number;
  /** A `data:` URL of a picture, or empty. */
  readonly image: string;
  /** On the device; goes into `fetchRecordedVideo` as it came. */
  readonly path: string;
}

/** Whether the device records on demand now. */
export interface RecordingResponse {
  readonly isRecording: boolean;
  /** The file that is written, or that was finished. */
  readonly filepath: string;
}

/** What a {@link PiCamera} tells; each is a property that takes one function. */
export interface PiCameraEvents {
  onConnectionState(state: RTCPeerConnectionState): void;
  onDatachannel(id: ChannelId): void;
  onProgress(received: number, total: number, type: CmdType): void;
  onStream(stream: MediaStream): void;
  onSfuStream(sid: string, stream: MediaStream): void;
  onSnapshot(base64: string): void;
  onMetadata(metadata: VideoMetadata): void;
  onVideoListLoaded(list: QueryFileResponse): void;
  onVideoDownloaded(file: Uint8Array<ArrayBuffer>): void;
  onRecording(recording: RecordingResponse): void;
  onMessage(message: string, bytes: Uint8Array<ArrayBuffer>): void;
  onTimeout(): void;
  onRoomInfo(room: RoomInfo): void;
  onQuality(quality: readonly Quality[]): void;
  onSpeaking(speaking: readonly Speaking[]): void;
  onParticipant(participants: readonly Participant[]): void;
  onError(error: PiCameraError): void;
}

/** Calls the function that was assigned, if any. */
export type Tell = <Name extends keyof PiCameraEvents>(
  name: Name,
  ...values: Parameters<PiCameraEvents[Name]>
) => void;
