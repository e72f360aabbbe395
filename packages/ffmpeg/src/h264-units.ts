import { type Micros, micros } from '@pinhole/core';
import {
  type AvccLengthSize,
  DecodeClock,
  InBandParameterSets,
  joinAnnexB,
  NAL_TYPE,
  nalType,
  nalUnits,
  parseAvcDecoderConfiguration,
  splitAvcc,
} from '@pinhole/media/h264';
import type { DemuxedUnit } from './demuxed-unit.ts';

/** One packet of a demuxer. Where a time is not known it is left out. */
export interface H264Packet {
  readonly data: Uint8Array;
  readonly captureTime: Micros;
  readonly pts?: Micros;
  readonly dts?: Micros;
  /** How long it is shown, as the demuxer guesses. */
  readonly duration?: Micros;
}

/**
 * Turns the packets of any FFmpeg demuxer (Annex B, or length-prefixed as in MP4 and FLV) into units: Annex B, the
 * parameter sets in front of each key picture that comes without, every unit dated. NAL units stay as they are, bit by bit.
 */
export class H264Units {
  readonly #clock = new DecodeClock();
  #lengthSizeBytes: AvccLengthSize | undefined;
  readonly #sets = new InBandParameterSets();
  #previous: { readonly pts: Micros; readonly duration: Micros } | undefined;
  #dts = Number.NEGATIVE_INFINITY;
  #sequence = 0;

  /**
   * Takes the codec's set-up bytes: an AVCDecoderConfigurationRecord (its first byte is 1) or Annex B.
   * @throws {MalformedError} from `@pinhole/media/h264`
   */
  configure(extradata: Uint8Array): void {
    if (extradata[0] === 1) {
      const record = parseAvcDecoderConfiguration(extradata);
      this.#lengthSizeBytes = record.lengthSizeBytes;
      this.#sets.keep([...record.sps, ...record.pps]);
    } else {
      this.#lengthSizeBytes = undefined;
      this.#sets.keep([...nalUnits(extradata)]);
    }
  }

  /**
   * @returns the unit with memory of its own; undefined for a packet without a picture.
   * @throws {MalformedError} from `@pinhole/media/h264` for a broken length prefix
   */
  unit(packet: H264Packet): DemuxedUnit | undefined {
    const nals = [
      ...(this.#lengthSizeBytes === undefined
        ? nalUnits(packet.data)
        : splitAvcc(packet.data, this.#lengthSizeBytes)),
    ];
    const types = nals.map(nalType);
    this.#sets.keep(nals);
    if (
      !types.some((type) => type === NAL_TYPE.slice || type === NAL_TYPE.partitionA || type === NAL_TYPE.idr)
    ) {
      return undefined;
    }
    const key = types.includes(NAL_TYPE.idr);
    const data = joinAnnexB(key ? this.#sets.complete(nals) : nals);
    return { data, key, captureTime: packet.captureTime, ...this.#date(packet), sequence: this.#sequence++ };
  }

  #date(packet: H264Packet): { readonly pts: Micros; readonly dts: Micros } {
    const previous = this.#previous;
    const pts =
      packet.pts ?? packet.dts ?? micros(previous === undefined ? 0 : previous.pts + previous.duration);
    const guess = previous === undefined ? 0 : Math.max(0, pts - previous.pts);
    this.#previous = { pts, duration: packet.duration ?? micros(guess) };
    this.#dts = Math.max(this.#dts, packet.dts ?? this.#clock.date(pts));
    return { pts, dts: micros(this.#dts) };
  }
}
