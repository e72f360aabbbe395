import type { TranscoderTuning } from '@pinhole/sources/mjpeg';
import { createUstreamerSource } from '@pinhole/sources/ustreamer';
import { ENCODER_SETTINGS, encoderSettings } from './encoder-settings.ts';
import { type SourceKind, settingsOf, sourceFault, wholeSetting } from './source-kind.ts';

/** A µStreamer on this machine. */
export interface UstreamerSpec {
  readonly kind: 'ustreamer';
  /** Of its slot in shared memory. */
  readonly name: string;
  readonly pollMicros?: number;
  readonly encoder: TranscoderTuning;
}

const kind = 'ustreamer';

/** `ustreamer:demo::ustreamer::h264[?poll=1000]`; for a slot of JPEG also `bitrate`, `gop`, `fps`, `encoder`. */
export const ustreamer: SourceKind<UstreamerSpec> = {
  kind,
  schemes: [kind],
  example: 'ustreamer:demo::ustreamer::h264',
  parse: (text) => {
    const match = /^ustreamer:\/?(?<name>[^/?#\s]{1,100})(?:\?(?<query>\S*))?$/i.exec(text);
    const { name, query = '' } = match?.groups ?? {};
    if (name === undefined) {
      throw sourceFault(
        `"${text.slice(0, 80)}": write ustreamer:SLOT with the name that µStreamer has in --h264-sink or --jpeg-sink, e.g. ustreamer:demo::ustreamer::h264; "pinhole devices" lists them`,
      );
    }
    const settings = settingsOf(kind, query, ['poll', ...ENCODER_SETTINGS]);
    const poll = settings.get('poll');
    return {
      kind,
      name,
      encoder: encoderSettings(kind, settings),
      ...(poll !== undefined && {
        pollMicros: wholeSetting('poll', poll, { kind, min: 100, max: 1_000_000 }),
      }),
    };
  },
  open: ({ kind: _kind, ...options }, { log }) => createUstreamerSource({ ...options, log }),
  inWords: ({ name }) => `µStreamer, slot ${name}`,
};
