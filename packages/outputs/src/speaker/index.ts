export { Speaker, type SpeakerCounters, type SpeakerOptions, type SpeakerVoice } from './speaker.ts';
export { parseSpeakerSpec, type SpeakerSpec } from './speaker-spec.ts';
