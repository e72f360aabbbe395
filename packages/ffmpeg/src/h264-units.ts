import { type Micros, micros } from '@pinhole/core';
import {
  type AvccLengthSize,
  joinAnnexB,
  NAL_TYPE,
  nalType,
  nalUnits,
  parseAvcDecoderConfiguration,
  splitAvcc,
} from '@pinhole/media/h264';
import { DecodeClock } from './decode-clock.ts';
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
  #sps: readonly Uint8Array[] = [];
  #pps: readonly Uint8Array[] = [];
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
      this.#sps = record.sps;
      this.#pps = record.pps;
    } else {
      this.#lengthSizeBytes = undefined;
      this.#keepParameterSets([...nalUnits(extradata)]);
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
    this.#keepParameterSets(nals);
    if (
      !types.some((type) => type === NAL_TYPE.slice || type === NAL_TYPE.partitionA || type === NAL_TYPE.idr)
    ) {
      return undefined;
    }
    const key = types.includes(NAL_TYPE.idr);
    const data = joinAnnexB(key ? this.#withParameterSets(nals, types) : nals);
    return { data, key, captureTime: packet.captureTime, ...this.#date(packet), sequence: this.#sequence++ };
  }

  #keepParameterSets(nals: readonly Uint8Array[]): void {
    const sps = nals.filter((nal) => nalType(nal) === NAL_TYPE.sps);
    const pps = nals.filter((nal) => nalType(nal) === NAL_TYPE.pps);
    // Copies: the packet's memory is not ours for long.
    if (sps.length > 0) this.#sps = sps.map((nal) => nal.slice());
    if (pps.length > 0) this.#pps = pps.map((nal) => nal.slice());
  }

  #withParameterSets(nals: readonly Uint8Array[], types: readonly number[]): readonly Uint8Array[] {
    const missing = [
      ...(types.includes(NAL_TYPE.sps) ? [] : this.#sps),
      ...(types.includes(NAL_TYPE.pps) ? [] : this.#pps),
    ];
    if (missing.length === 0) return nals;
    // A delimiter has to stay in front (H.264 §7.4.1.2.3).
    const first = types[0] === NAL_TYPE.accessUnitDelimiter ? 1 : 0;
    const spsEnd = missing.some((nal) => nalType(nal) === NAL_TYPE.sps)
      ? first
      : types.lastIndexOf(NAL_TYPE.sps) + 1;
    return [...nals.slice(0, spsEnd), ...missing, ...nals.slice(spsEnd)];
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
