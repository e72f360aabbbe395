import { access, constants } from 'node:fs/promises';
import { type Micros, micros } from '@pinhole/core';
import {
  type AvcDecoderConfiguration,
  joinAnnexB,
  NAL_TYPE,
  nalType,
  nalUnits,
  parseAvcDecoderConfiguration,
  splitAvcc,
} from '@pinhole/media/h264';
import {
  EncodedPacketSink,
  FilePathSource,
  Input,
  type InputVideoTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
} from 'mediabunny';
import type { ClipPass, ClipPicture } from './clip.ts';
import { noH264 } from './clip-error.ts';
import { ContainerSound } from './container-sound.ts';

/** Formats that keep everything in the one file; a playlist could name any other one. */
const FORMATS = [MP4, QTFF, MATROSKA, MPEG_TS];
// What it would warn of on the console, the errors below say in words.
Logging.level = LogLevel.Errors;

const CACHE_BYTES = 4 * 1024 * 1024;
const FALLBACK_DURATION = micros(40_000);

/**
 * Reads the H.264 track, and the sound where it is wanted, of an MP4 file, fragmented or not (also MOV, Matroska, MPEG-TS), with the times that it tells.
 *
 * @throws {PinholeError} `source/no-h264` when it has no H.264 track or no key picture; errors of the file system;
 *   errors of the reader for what is no such file.
 */
export async function* readContainerClip(
  path: string,
  { audio }: { readonly audio: 'off' | 'on' },
): ClipPass {
  await access(path, constants.R_OK);
  // Errors of reads that nobody waits for come again with the next read that somebody does.
  const source = new FilePathSource(path, { maxCacheSize: CACHE_BYTES, handleUnhandledError: () => {} });
  const input = new Input({ source, formats: FORMATS });
  let sound: ContainerSound | undefined;
  try {
    const track = await h264Track(input, path);
    const configuration = await decoderConfiguration(track);
    sound = audio === 'on' ? await ContainerSound.open(input) : undefined;
    const span = new Span();
    for await (const packet of new EncodedPacketSink(track).packets()) {
      const pts = micros(Math.round(packet.timestamp * 1e6));
      const picture = toPicture(packet.data, pts, configuration);
      if (span.empty && !picture.key) continue;
      const duration = micros(Math.round(packet.duration * 1e6));
      span.add(pts, duration);
      const sounds = await sound?.until(micros(pts + duration), pts);
      yield sounds === undefined || sounds.length === 0 ? picture : { ...picture, sounds };
    }
    if (span.empty) throw noH264(path, 'an H.264 track without any key picture');
    return span.duration;
  } finally {
    await sound?.close();
    input.dispose();
  }
}

async function h264Track(input: Input, path: string): Promise<InputVideoTrack> {
  const tracks = await input.getVideoTracks();
  const codecs: string[] = [];
  for (const track of tracks) {
    const codec = await track.getCodec();
    if (codec === 'avc') return track;
    codecs.push(codec ?? String(await track.getInternalCodecId()));
  }
  throw noH264(path, codecs.length === 0 ? 'no video track' : `${codecs.join(', ').toUpperCase()} video`);
}

/** The `avcC` record; undefined when the samples are Annex B. */
async function decoderConfiguration(track: InputVideoTrack): Promise<AvcDecoderConfiguration | undefined> {
  const description: unknown = (await track.getDecoderConfig())?.description;
  if (ArrayBuffer.isView(description)) {
    const { buffer, byteOffset, byteLength } = description;
    return parseAvcDecoderConfiguration(new Uint8Array(buffer, byteOffset, byteLength));
  }
  if (description instanceof ArrayBuffer) return parseAvcDecoderConfiguration(new Uint8Array(description));
  return undefined;
}

function toPicture(
  sample: Uint8Array,
  pts: Micros,
  configuration: AvcDecoderConfiguration | undefined,
): ClipPicture {
  const nals = configuration ? splitAvcc(sample, configuration.lengthSizeBytes) : [...nalUnits(sample)];
  const types = nals.map(nalType);
  const key = types.includes(NAL_TYPE.idr);
  const bringsSets = types.includes(NAL_TYPE.sps) || configuration === undefined;
  const sets = key && !bringsSets ? [...configuration.sps, ...configuration.pps] : [];
  return { data: joinAnnexB([...sets, ...nals]), key, pts };
}

/** From when to when the pictures of a file are shown. */
class Span {
  #start = Number.POSITIVE_INFINITY;
  #latest = Number.NEGATIVE_INFINITY;
  #end = Number.NEGATIVE_INFINITY;
  #count = 0;

  get empty(): boolean {
    return this.#count === 0;
  }

  get duration(): Micros {
    // A last picture of no duration is shown as long as those before it were on average.
    const average = this.#count > 1 ? (this.#latest - this.#start) / (this.#count - 1) : FALLBACK_DURATION;
    const end = this.#end > this.#latest ? this.#end : this.#latest + average;
    return micros(Math.max(1, Math.round(end - this.#start)));
  }

  add(pts: Micros, duration: Micros): void {
    this.#count++;
    this.#start = Math.min(this.#start, pts);
    this.#latest = Math.max(this.#latest, pts);
    this.#end = Math.max(this.#end, pts + duration);
  }
}
