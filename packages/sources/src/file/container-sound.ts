import { type Micros, micros } from '@pinhole/core';
import type { AudioParameters } from '@pinhole/engine';
import { EncodedPacketSink, type Input, type InputAudioTrack } from 'mediabunny';
import type { ClipSound } from './clip.ts';

/** The AAC or Opus track of a file, read along with its pictures. */
export class ContainerSound {
  readonly #packets: AsyncGenerator<ClipSound, void, void>;
  #next: ClipSound | undefined;
  #from: Micros | undefined;

  private constructor(packets: AsyncGenerator<ClipSound, void, void>) {
    this.#packets = packets;
  }

  /** The first track that can be taken as it is; undefined where there is none. */
  static async open(input: Input): Promise<ContainerSound | undefined> {
    for (const track of await input.getAudioTracks()) {
      const parameters = await parametersOf(track);
      if (parameters !== undefined) return new ContainerSound(soundsOf(track, parameters));
    }
    return undefined;
  }

  /** The frames that begin before `end`, and were not given before; none of before the first picture. */
  async until(end: Micros, picture: Micros): Promise<readonly ClipSound[]> {
    this.#from ??= picture;
    const found: ClipSound[] = [];
    for (;;) {
      this.#next ??= await this.#read();
      if (this.#next === undefined || this.#next.pts >= end) return found;
      if (this.#next.pts >= this.#from) found.push(this.#next);
      this.#next = undefined;
    }
  }

  /** Ends the reading. */
  async close(): Promise<void> {
    await this.#packets.return();
  }

  async #read(): Promise<ClipSound | undefined> {
    const step = await this.#packets.next();
    return step.done === true ? undefined : step.value;
  }
}

async function* soundsOf(
  track: InputAudioTrack,
  parameters: AudioParameters,
): AsyncGenerator<ClipSound, void, void> {
  for await (const { data, timestamp, duration } of new EncodedPacketSink(track).packets()) {
    yield {
      data,
      pts: micros(Math.round(timestamp * 1e6)),
      duration: micros(Math.round(duration * 1e6)),
      parameters,
    };
  }
}

async function parametersOf(track: InputAudioTrack): Promise<AudioParameters | undefined> {
  const codec = await track.getCodec();
  if (codec !== 'aac' && codec !== 'opus') return undefined;
  const described = await track.getDecoderConfig();
  const description: unknown = described?.description;
  if (described === null) return undefined;
  const { sampleRate, numberOfChannels: channels } = described;
  if (codec === 'opus') return { codec, sampleRate: 48_000, channels };
  // Without one the frames have ADTS headers (MPEG-TS).
  const config = bytesOf(description);
  return config && { codec, sampleRate, channels, config };
}

function bytesOf(description: unknown): Uint8Array | undefined {
  if (description instanceof ArrayBuffer) return new Uint8Array(description);
  if (!ArrayBuffer.isView(description)) return undefined;
  const { buffer, byteOffset, byteLength } = description;
  return new Uint8Array(buffer, byteOffset, byteLength);
}
