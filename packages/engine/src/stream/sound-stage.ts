import { type AudioFrame, isRawAudio, type SourceAudioFrame } from './audio-frame.ts';

/** What stands between a source's sound and its stream while the source runs. */
export interface SoundStage {
  /** Takes a frame of the source; what becomes of it goes to the stream at once or later, or nowhere. */
  write(frame: SourceAudioFrame): void;
  /** Ends it; nothing goes to the stream any more. */
  close(): void;
}

/** Opens what a source's sound goes through on its way to the stream. */
export type OpenSoundStage = (write: (frame: AudioFrame) => void) => SoundStage;

/** Lets coded sound through as it is, and leaves any other out. */
export const passCodedSound: OpenSoundStage = (write) => ({
  write: (frame) => {
    if (!isRawAudio(frame)) write(frame);
  },
  close: () => {},
});
