import { ByteWriter, type Millis } from '@pinhole/core';
import type { PictureFormat } from './encoder-options.ts';

const EBML = 0x1a45dfa3;
const SEGMENT = 0x18538067;
const SEGMENT_INFORMATION = 0x1549a966;
const TIMESTAMP_SCALE = 0x2ad7b1;
const TRACKS = 0x1654ae6b;
const TRACK_ENTRY = 0xae;
const CLUSTER = 0x1f43b675;
const TIMESTAMP = 0xe7;
const SIMPLE_BLOCK = 0xa3;
const UNKNOWN_SIZE = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const NANOSECONDS_PER_MS = 1_000_000;
const KEY_FRAME = 0x80;
const FOURCC = { yuyv422: 'YUY2', uyvy422: 'UYVY', yuv420p: 'I420', nv12: 'NV12' } as const;

/**
 * The beginning of an endless Matroska stream with one track of pictures. Matroska because each block names its length
 * and time first: whoever reads it knows that a picture is whole at its last byte.
 * @see RFC 9559 §5.1 (elements), RFC 8794 (EBML)
 */
export function matroskaHeader(
  format: PictureFormat,
  size: { readonly width: number; readonly height: number },
): Uint8Array {
  const raw = format.kind === 'mjpeg' ? [] : [element(0x2eb524, text(FOURCC[format.kind]))];
  const video = element(
    0xe0,
    joined([element(0xb0, u32(size.width)), element(0xba, u32(size.height)), ...raw]),
  );
  const track = element(
    TRACK_ENTRY,
    joined([
      element(0xd7, u32(1)), // TrackNumber
      element(0x73c5, u32(1)), // TrackUID
      element(0x83, u32(1)), // TrackType: video
      element(0x86, text(format.kind === 'mjpeg' ? 'V_MJPEG' : 'V_UNCOMPRESSED')), // CodecID
      video,
    ]),
  );
  return joined([
    element(EBML, element(0x4282, text('matroska'))),
    id(SEGMENT),
    Uint8Array.from(UNKNOWN_SIZE),
    element(SEGMENT_INFORMATION, element(TIMESTAMP_SCALE, u32(NANOSECONDS_PER_MS))),
    element(TRACKS, track),
  ]);
}

/** What stands in front of a picture's bytes: a cluster of its own, dated in milliseconds. */
export function matroskaPictureHeader(pictureBytes: number, atMs: Millis): Uint8Array {
  const timestamp = element(TIMESTAMP, joined([u32(Math.floor(atMs / 2 ** 32)), u32(atMs % 2 ** 32)]));
  const blockHeader = Uint8Array.of(0x81, 0, 0, KEY_FRAME); // track 1, no time of its own within the cluster
  const block = joined([id(SIMPLE_BLOCK), length(blockHeader.byteLength + pictureBytes), blockHeader]);
  const clusterBytes = timestamp.byteLength + block.byteLength + pictureBytes;
  return joined([id(CLUSTER), length(clusterBytes), timestamp, block]);
}

const element = (name: number, body: Uint8Array): Uint8Array =>
  joined([id(name), length(body.byteLength), body]);

/** An identifier holds its own length mark and is written as it stands. */
function id(name: number): Uint8Array {
  const bytes = u32(name);
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

/** Eight bytes always: any length fits. */
const length = (bytes: number): Uint8Array =>
  joined([Uint8Array.of(0x01, 0, 0, Math.floor(bytes / 2 ** 32)), u32(bytes % 2 ** 32)]);

const u32 = (value: number): Uint8Array => new ByteWriter(4).u32(value).finish();

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.bytes(part);
  return writer.finish();
}
