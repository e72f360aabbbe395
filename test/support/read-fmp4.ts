import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';

/** One packet as mediabunny reads it back, in decoding order. */
export interface ReadPacket {
  /** Seconds. */
  readonly timestamp: number;
  /** Seconds. */
  readonly duration: number;
  readonly key: boolean;
  readonly bytes: Uint8Array;
}

/** What mediabunny makes of an MP4 file. */
export interface ReadFile {
  readonly mimeType: string;
  readonly codec: string | null;
  readonly codedWidth: number;
  readonly codedHeight: number;
  readonly displayWidth: number;
  readonly displayHeight: number;
  readonly colorSpace: unknown;
  readonly description: Uint8Array;
  readonly packets: readonly ReadPacket[];
}

/** Reads init segment and fragments with mediabunny, another implementation than ours. */
export async function readFmp4(parts: readonly Uint8Array[]): Promise<ReadFile> {
  const input = new Input({ source: new BufferSource(Buffer.concat(parts)), formats: ALL_FORMATS });
  const track = await input.getPrimaryVideoTrack();
  if (track === null) throw new Error('no video track');
  const config = await track.getDecoderConfig();
  const packets: ReadPacket[] = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    packets.push({
      timestamp: packet.timestamp,
      duration: packet.duration,
      key: packet.type === 'key',
      bytes: packet.data,
    });
  }
  const description = config?.description;
  if (!(description instanceof Uint8Array)) throw new Error('no avcC');
  return {
    mimeType: await input.getMimeType(),
    codec: await track.getCodecParameterString(),
    codedWidth: await track.getCodedWidth(),
    codedHeight: await track.getCodedHeight(),
    displayWidth: await track.getDisplayWidth(),
    displayHeight: await track.getDisplayHeight(),
    colorSpace: config?.colorSpace,
    description,
    packets,
  };
}
