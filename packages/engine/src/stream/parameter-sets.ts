import { MalformedError } from '@pinhole/core';
import { codecString, lowDelaySps, parsePps, parseSps, profileLevelId, type Sps } from '@pinhole/media/h264';
import type { StreamParameters } from './stream-parameters.ts';

/**
 * The parameter sets in force, and whether the SPS may promise decoders that no picture is reordered.
 *
 * The promise (H.264 §E.2.1, `max_num_reorder_frames` 0) saves up to 250 ms in decoders that otherwise hold pictures
 * back, and would garble a stream with B-frames. So it is made where the SPS does not announce reordering, and taken
 * back as soon as a B-frame is seen; where the SPS announces reordering and a whole GOP shows none, it is made then.
 */
export class ParameterSets {
  #rawSps: Uint8Array | undefined;
  #sps: Sps | undefined;
  readonly #pps = new Map<number, Uint8Array>();
  #reorders = false;
  #current: StreamParameters | undefined;
  #malformed = 0;

  /** The parameters in force: the same object until something changes; undefined until an SPS and a PPS came. */
  get current(): StreamParameters | undefined {
    return this.#current;
  }

  /** Parameter sets that could not be read and were passed over. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Takes an SPS NAL unit. One that cannot be read is passed over. */
  takeSps(nal: Uint8Array): void {
    if (this.#rawSps && equalBytes(this.#rawSps, nal)) return;
    const sps = this.#tolerate(() => parseSps(nal));
    if (!sps) return;
    this.#rawSps = nal;
    this.#sps = sps;
    this.#reorders = announcesReordering(sps);
    this.#pps.clear();
    this.#current = undefined;
  }

  /** Takes a PPS NAL unit. One that cannot be read is passed over. */
  takePps(nal: Uint8Array): void {
    const pps = this.#tolerate(() => parsePps(nal));
    if (!pps) return;
    const known = this.#pps.get(pps.ppsId);
    if (known && equalBytes(known, nal)) return;
    this.#pps.set(pps.ppsId, nal);
    this.#current = undefined;
  }

  /** Pictures are (or, after a whole GOP without any, are not) shown in another order than they come. */
  setReorders(reorders: boolean): void {
    if (reorders === this.#reorders) return;
    this.#reorders = reorders;
    this.#current = undefined;
  }

  /** Puts changes into force: called at a key unit, where a decoder can follow. */
  apply(): StreamParameters | undefined {
    if (this.#current || !this.#sps || !this.#rawSps || this.#pps.size === 0) return this.#current;
    const { width, height, framesPerSecond } = this.#sps;
    const raw = this.#rawSps;
    this.#current = {
      sps: this.#reorders ? raw : (this.#tolerate(() => lowDelaySps(raw)) ?? raw),
      pps: [...this.#pps.entries()].toSorted(([a], [b]) => a - b).map(([, nal]) => nal),
      codec: codecString(this.#sps),
      profileLevelId: profileLevelId(this.#sps),
      width,
      height,
      ...(framesPerSecond !== undefined && { framesPerSecond }),
      bFrames: this.#reorders,
    };
    return this.#current;
  }

  #tolerate<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#malformed++;
      return undefined;
    }
  }
}

const announcesReordering = (sps: Sps): boolean =>
  sps.picOrderCntType !== 2 && sps.maxNumReorderFrames !== undefined && sps.maxNumReorderFrames > 0;

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.byteLength === b.byteLength && a.every((byte, i) => byte === b[i]);
