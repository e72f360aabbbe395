import type { IpcPipe } from './ipc-pipe.ts';
import type { PiCameraError } from './picamera-error.ts';
import type { Tell } from './picamera-events.ts';
import type { PiCameraPlatform } from './platform.ts';
import type { RequestDesk } from './request-desk.ts';
import type { PiCameraSettings } from './settings.ts';

/** What a session is opened with. */
export interface SessionOptions {
  readonly platform: PiCameraPlatform;
  readonly settings: PiCameraSettings;
  readonly tell: Tell;
  readonly microphone: 'on' | 'off';
  readonly speaker: 'on' | 'off';
  /** Whether somebody takes whole lists of recordings. */
  readonly takesLists: () => boolean;
  /** Media can flow, for the first time or again. */
  readonly connected: () => void;
  /** It ended by itself, and has to be closed. */
  readonly over: (error: PiCameraError) => void;
}

/** From `connect()` to `terminate()`, whatever leads to the camera. */
export interface CameraSession {
  readonly status: RTCPeerConnectionState;
  /** None by an SFU server, which has no command channel. */
  readonly desk?: RequestDesk | undefined;
  /** None without `ipcMode`. */
  readonly ipc?: IpcPipe | undefined;
  open(): void;
  toggleMic(state: 'on' | 'off'): void;
  toggleSpeaker(state: 'on' | 'off'): void;
  /** Frees everything. */
  close(): void;
}
