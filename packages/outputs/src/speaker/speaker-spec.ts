import { PinholeError } from '@pinhole/core';
import type { SoundSink } from '@pinhole/ffmpeg';

/** Where viewers are heard; `off` is nowhere. */
export type SpeakerSpec = SoundSink | { readonly kind: 'off' };

/**
 * Reads where viewers are to be heard: `off`, `default` or another sound device by its ALSA name, `file:PATH` for a WAV
 * file.
 * @throws {PinholeError} `speaker/spec` naming what would do
 */
export function parseSpeakerSpec(text: string): SpeakerSpec {
  if (text === 'off' || text === 'null') return { kind: 'off' };
  if (text.startsWith('file:')) {
    const path = text.slice('file:'.length);
    if (path !== '') return { kind: 'file', path };
  } else if (/^[A-Za-z][\w.]*(?::[\w=,. -]{1,100})?$/.test(text)) return { kind: 'alsa', device: text };
  throw new PinholeError(
    'speaker/spec',
    `speaker "${text}": write off, default, a device as aplay -L lists it (e.g. plughw:1,0), or file:PATH`,
  );
}
