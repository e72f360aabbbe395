import type { StreamParameters, StreamUnit } from '@pinhole/engine';
import { FragmentMuxer, initSegment } from '@pinhole/media/fmp4';

/** How units become the body of one response. */
export interface HttpFraming {
  readonly contentType: string;
  /** The bytes of one unit, and of what must come before it. A view or a copy; nobody changes it. */
  frame(unit: StreamUnit): readonly Uint8Array[];
}

/** A form in which a camera is served over plain HTTP. */
export type HttpFormat = 'mp4' | 'h264';

/** The framing for a viewer whose stream begins with `parameters`. */
export const openFraming = (format: HttpFormat, parameters: StreamParameters): HttpFraming =>
  format === 'mp4' ? new Mp4Framing(parameters) : ANNEX_B_FRAMING;

/**
 * Progressive fragmented MP4: an init segment, then a fragment a picture.
 *
 * When the size or the codec changes, another init segment comes before the next fragment: that is what MSE wants. FFmpeg
 * and what is built on it (ffplay, VLC, mpv) read the first one only and pass over the others ("duplicated MOOV"); they
 * follow the parameter sets, which key samples carry for them too. mediabunny shows what fits the first one.
 */
class Mp4Framing implements HttpFraming {
  readonly contentType: string;
  readonly #muxer = new FragmentMuxer({ parameterSets: 'kept' });
  #parameters: StreamParameters | undefined;

  constructor({ codec }: StreamParameters) {
    this.contentType = `video/mp4; codecs="${codec}"`;
  }

  frame(unit: StreamUnit): readonly Uint8Array[] {
    const fragment = this.#muxer.push(unit).bytes;
    if (this.#parameters === unit.parameters) return [fragment];
    this.#parameters = unit.parameters;
    return [initSegment(unit.parameters), fragment];
  }
}

/** The stream as it is, parameter sets before each key unit (H.264 Annex B). It carries no times. */
const ANNEX_B_FRAMING: HttpFraming = {
  contentType: 'video/h264',
  frame: (unit) => [unit.data],
};
