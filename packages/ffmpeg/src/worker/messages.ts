import { ByteReader, ByteWriter, MalformedError, type Micros, micros } from '@pinhole/core';
import type { AudioCoding, AudioInput, TimedAudio } from '../audio/audio-encoder-options.ts';
import { ByteQueue } from '../byte-queue.ts';
import type { DemuxedInput, DemuxedUnit, DemuxRequest } from '../demuxed-unit.ts';
import type {
  EncoderName,
  EncoderTuning,
  PictureFormat,
  PictureToEncode,
} from '../encode/encoder-options.ts';
import type { JpegOptions } from '../jpeg-options.ts';

/** What the parent asks of the worker, by Node's IPC channel: a URL must not be seen in a list of processes. */
export type WorkerOrder =
  | { readonly kind: 'demux'; readonly request: DemuxRequest }
  | { readonly kind: 'jpeg'; readonly units: readonly Uint8Array[]; readonly options: JpegOptions }
  /** From now on a JPEG of pictures as they come, or the same otherwise. */
  | { readonly kind: 'jpegs'; readonly framesPerSecond: number; readonly options: JpegOptions }
  | { readonly kind: 'show'; readonly unit: UnitToShow }
  | { readonly kind: 'encode'; readonly request: EncodeRequest }
  | { readonly kind: 'picture'; readonly picture: PictureToEncode }
  | { readonly kind: 'tuning'; readonly tuning: EncoderTuning }
  | { readonly kind: 'key-frame' }
  | { readonly kind: 'stop' };

/** A unit to decode for JPEG pictures. */
export interface UnitToShow {
  /** Annex B, parameter sets before each key unit. */
  readonly data: Uint8Array;
  readonly captureTime: Micros;
  /** Others need it; no JPEG is made of it. */
  readonly hidden: boolean;
}

/** What a worker that encodes pictures is to do. */
export interface EncodeRequest {
  readonly input: PictureFormat;
  readonly encoder: 'auto' | EncoderName;
  readonly tuning: EncoderTuning;
}

/** What the worker tells, by a pipe of its own. */
export type WorkerReport =
  /** node-av is loaded. */
  | { readonly kind: 'ready' }
  /** node-av is not there, or does not load. */
  | { readonly kind: 'not-loaded'; readonly why: string }
  | { readonly kind: 'opened'; readonly input: DemuxedInput }
  | { readonly kind: 'dropped-busy'; readonly total: number }
  | { readonly kind: 'failed'; readonly lines: readonly string[] }
  /** The input is over. */
  | { readonly kind: 'ended' }
  | {
      readonly kind: 'jpeg';
      readonly jpeg: Uint8Array;
      readonly width: number;
      readonly height: number;
      /** Of one among many. */
      readonly captureTime?: Micros;
    }
  | { readonly kind: 'unit'; readonly unit: DemuxedUnit }
  | { readonly kind: 'audio'; readonly frame: TimedAudio<AudioInput> }
  /** An encoder was opened: the first, or anew for pictures of another size. */
  | {
      readonly kind: 'encoder';
      readonly name: EncoderName;
      readonly width: number;
      readonly height: number;
    }
  /** A picture was dealt with; its unit, if it gave one, was reported before. */
  | { readonly kind: 'picture-done'; readonly outcome: 'encoded' | 'corrupt' };

const LONGEST_MESSAGE_BYTES = 64 * 2 ** 20;
const AUDIO_CODECS: readonly AudioInput[] = ['aac', 'opus', 'pcmu', 'pcma', 'l16'];
const TEXT = 0;
const UNIT = 1;
const JPEG = 2;
const AUDIO = 3;

/**
 * Lays a report out for the pipe, big-endian:
 *
 * ```
 * length u32 (of what follows) | layout u8: 0 text, 1 unit, 2 JPEG, 3 audio | body
 * text: JSON
 * unit: flags u8 (1 key) | sequence u32 | capture time, pts, dts: µs as 64-bit floats (exact to 2^53, may be negative) | Annex B
 * JPEG: width u32 | height u32 | capture time as above, NaN where it has none | file
 * audio: codec u8 (index) | sample rate u32 | channels u8 | capture time, pts, duration | config length u8 | config | frame
 * ```
 */
export function serializeReport(report: WorkerReport): Uint8Array {
  const writer = new ByteWriter(report.kind === 'unit' ? report.unit.data.byteLength + 64 : 1024).u32(0);
  if (report.kind === 'unit') {
    const { unit } = report;
    writer
      .u8(UNIT)
      .u8(unit.key ? 1 : 0)
      .u32(unit.sequence);
    for (const time of [unit.captureTime, unit.pts, unit.dts]) writer.bytes(serializeFloat(time));
    writer.bytes(unit.data);
  } else if (report.kind === 'jpeg') {
    const { width, height, captureTime = Number.NaN, jpeg } = report;
    writer.u8(JPEG).u32(width).u32(height).bytes(serializeFloat(captureTime)).bytes(jpeg);
  } else if (report.kind === 'audio') {
    const { parameters, captureTime, pts, duration, data } = report.frame;
    const config = parameters.config ?? new Uint8Array();
    writer
      .u8(AUDIO)
      .u8(AUDIO_CODECS.indexOf(parameters.codec))
      .u32(parameters.sampleRate)
      .u8(parameters.channels);
    for (const time of [captureTime, pts, duration]) writer.bytes(serializeFloat(time));
    writer.u8(config.byteLength).bytes(config).bytes(data);
  } else {
    writer.u8(TEXT).bytes(new TextEncoder().encode(JSON.stringify(report)));
  }
  return writer.patchU32(0, writer.length - 4).finish();
}

/** Cuts reports out of the pipe again. */
export class ReportReader {
  readonly #queue = new ByteQueue();
  #lengthBytes: number | undefined;

  /**
   * Takes bytes as they come.
   * @yields the reports that got complete by them, with memory of their own.
   * @throws {MalformedError} `ffmpeg/malformed-report`, `bytes/too-short`: the worker writes something else
   */
  *push(chunk: Uint8Array): Generator<WorkerReport, void, void> {
    this.#queue.push(chunk);
    for (;;) {
      this.#lengthBytes ??= this.#length();
      if (this.#lengthBytes === undefined) return;
      const body = this.#queue.take(this.#lengthBytes);
      if (body === undefined) return;
      this.#lengthBytes = undefined;
      yield parseReport(body);
    }
  }

  #length(): number | undefined {
    const bytes = this.#queue.take(4);
    if (bytes === undefined) return undefined;
    const length = new ByteReader(bytes).u32();
    if (length > LONGEST_MESSAGE_BYTES) {
      throw new MalformedError(
        'ffmpeg/malformed-report',
        `a report of ${length} bytes; ${LONGEST_MESSAGE_BYTES} at most`,
      );
    }
    return length;
  }
}

function parseReport(body: Uint8Array): WorkerReport {
  const reader = new ByteReader(body);
  const layout = reader.u8();
  switch (layout) {
    case TEXT:
      return parseText(new TextDecoder().decode(reader.rest()));
    case UNIT: {
      const key = (reader.u8() & 1) === 1;
      const sequence = reader.u32();
      const [captureTime, pts, dts] = [reader.bytes(8), reader.bytes(8), reader.bytes(8)].map(parseFloat64);
      const times = { captureTime: micros(captureTime ?? 0), pts: micros(pts ?? 0), dts: micros(dts ?? 0) };
      return { kind: 'unit', unit: { data: reader.rest(), key, sequence, ...times } };
    }
    case AUDIO:
      return { kind: 'audio', frame: parseAudio(reader) };
    case JPEG: {
      const [width, height] = [reader.u32(), reader.u32()];
      const captureTime = parseFloat64(reader.bytes(8));
      const dated = Number.isNaN(captureTime) ? {} : { captureTime: micros(captureTime) };
      return { kind: 'jpeg', width, height, ...dated, jpeg: reader.rest() };
    }
    default:
      throw new MalformedError('ffmpeg/malformed-report', `layout ${layout}`);
  }
}

function parseAudio(reader: ByteReader): TimedAudio<AudioInput> {
  const codec = AUDIO_CODECS[reader.u8()];
  if (codec === undefined) throw new MalformedError('ffmpeg/malformed-report', 'sound of an unknown codec');
  const [sampleRate, channels] = [reader.u32(), reader.u8()];
  const [captureTime, pts, duration] = [reader.bytes(8), reader.bytes(8), reader.bytes(8)].map(parseFloat64);
  const config = reader.bytes(reader.u8());
  const parameters: AudioCoding<AudioInput> = {
    codec,
    sampleRate,
    channels,
    ...(config.byteLength > 0 && { config }),
  };
  const times = {
    captureTime: micros(captureTime ?? 0),
    pts: micros(pts ?? 0),
    duration: micros(duration ?? 0),
  };
  return { data: reader.rest(), ...times, parameters };
}

function parseText(text: string): WorkerReport {
  try {
    return JSON.parse(text) as WorkerReport;
  } catch (cause) {
    throw new MalformedError('ffmpeg/malformed-report', 'a report that is no JSON', { cause });
  }
}

function serializeFloat(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setFloat64(0, value);
  return bytes;
}

const parseFloat64 = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getFloat64(0);
