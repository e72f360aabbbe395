import type { Identity, ViewerAudioFrame } from '@pinhole/engine';

/** Where what one viewer says goes. */
export interface ViewerVoice {
  write(frame: ViewerAudioFrame): void;
  /** The viewer is gone. Called once. */
  end(): void;
}

/** Opens the way from a viewer's microphone to a camera's speaker; undefined for one that may not be heard. */
export type OpenVoice = (camera: string, who: Identity) => ViewerVoice | undefined;
