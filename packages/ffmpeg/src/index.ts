export { type AudioEncoder, openAudioEncoder } from './audio/audio-encoder.ts';
export type {
  AudioCoding,
  AudioEncoderCounters,
  AudioEncoderOptions,
  AudioInput,
  AudioTarget,
  TimedAudio,
} from './audio/audio-encoder-options.ts';
export { OpusDecoder, type OpusDecoderOptions } from './audio/opus-decoder.ts';
export { PLAYED_RATE } from './audio/sample-child.ts';
export { SoundPlayer, type SoundPlayerOptions, type SoundSink } from './audio/sound-player.ts';
export { chooseBackend, type FfmpegBackend, type FfmpegOptions } from './backend.ts';
export { type Demuxing, openDemuxer } from './demux.ts';
export type { DemuxedInput, DemuxedUnit, DemuxRequest, DemuxSink } from './demuxed-unit.ts';
export type {
  EncodedUnit,
  EncoderCounters,
  EncoderName,
  EncoderTuning,
  H264EncoderOptions,
  PictureFormat,
  PictureToEncode,
  RawPictureKind,
} from './encode/encoder-options.ts';
export { encoderTuning } from './encode/encoder-options.ts';
export { type H264Encoder, openH264Encoder } from './encode/h264-encoder.ts';
export { type FfmpegCode, FfmpegError } from './failure.ts';
export { JpegDecoder, type JpegRequest } from './jpeg-decoder.ts';
export type { JpegOptions, JpegPicture } from './jpeg-options.ts';
export { type DatedJpeg, JpegStream, type JpegStreamOptions } from './jpeg-stream.ts';
export { createScrubber, scrubCredentials } from './scrub.ts';
