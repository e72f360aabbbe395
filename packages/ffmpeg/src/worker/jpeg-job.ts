import type { Frame } from 'node-av/lib';
import { evenSize, type JpegOptions, type JpegPicture, quantizerScale } from '../jpeg-options.ts';
import { type Av, AvError, check } from './av.ts';

/**
 * Decodes a run of H.264 units that starts with a key unit, and makes a JPEG of the picture that is shown last.
 * @throws {AvError} when no picture comes out
 */
export function makeJpeg(av: Av, units: readonly Uint8Array[], options: JpegOptions): JpegPicture {
  const newest = new av.Frame();
  newest.alloc();
  try {
    decodeLast(av, units, newest);
    return encodeJpeg(av, newest, options);
  } finally {
    newest.free();
  }
}

function decodeLast(av: Av, units: readonly Uint8Array[], newest: Frame): void {
  const codec = av.Codec.findDecoder(av.constants.AV_CODEC_ID_H264);
  if (codec === null) throw new AvError('this build of node-av has no H.264 decoder');
  const decoder = new av.CodecContext();
  decoder.allocContext3(codec);
  const packet = new av.Packet();
  packet.alloc();
  const frame = new av.Frame();
  frame.alloc();
  let pictures = 0;
  const keepNewest = (): void => {
    while (decoder.receiveFrameSync(frame) >= 0) {
      newest.unref();
      check(av, newest.ref(frame), 'keep a picture');
      frame.unref();
      pictures++;
    }
  };
  try {
    check(av, decoder.open2Sync(codec), 'open the decoder');
    for (const unit of units) {
      packet.data = Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength);
      decoder.sendPacketSync(packet); // a damaged unit is passed over: the next may be whole
      packet.unref();
      keepNewest();
    }
    decoder.sendPacketSync(null);
    keepNewest();
  } finally {
    frame.free();
    packet.free();
    decoder.freeContext();
  }
  if (pictures === 0) throw new AvError('no picture could be decoded');
}

/**
 * Makes a JPEG of a decoded picture, which stays the caller's.
 * @throws {AvError} when no JPEG comes of it
 */
export function encodeJpeg(av: Av, source: Frame, options: JpegOptions): JpegPicture {
  const { AV_PIX_FMT_YUVJ420P, AVCOL_RANGE_JPEG, SWS_BILINEAR, AV_CODEC_FLAG_QSCALE, FF_QP2LAMBDA } =
    av.constants;
  const width = evenSize(options.widthPixels ?? source.width);
  const height = evenSize((source.height * width) / source.width);
  const codec = av.Codec.findEncoder(av.constants.AV_CODEC_ID_MJPEG);
  if (codec === null) throw new AvError('this build of node-av has no JPEG encoder');
  const encoder = new av.CodecContext();
  encoder.allocContext3(codec);
  const scaler = new av.SoftwareScaleContext();
  const picture = new av.Frame();
  picture.alloc();
  const packet = new av.Packet();
  packet.alloc();
  try {
    encoder.width = width;
    encoder.height = height;
    encoder.pixelFormat = AV_PIX_FMT_YUVJ420P;
    encoder.colorRange = AVCOL_RANGE_JPEG;
    encoder.timeBase = new av.Rational(1, 1);
    encoder.setFlags(AV_CODEC_FLAG_QSCALE);
    encoder.globalQuality = quantizerScale(options.quality) * FF_QP2LAMBDA;
    check(av, encoder.open2Sync(codec), 'open the JPEG encoder');
    picture.format = AV_PIX_FMT_YUVJ420P;
    picture.width = width;
    picture.height = height;
    check(av, picture.getBuffer(), 'take memory for a picture');
    scaler.getContext(
      source.width,
      source.height,
      source.format as Parameters<typeof scaler.getContext>[2],
      width,
      height,
      AV_PIX_FMT_YUVJ420P,
      SWS_BILINEAR,
    );
    check(av, scaler.scaleFrameSync(picture, source), 'convert the picture');
    picture.pts = 0n;
    picture.quality = encoder.globalQuality;
    check(av, encoder.sendFrameSync(picture), 'encode the JPEG');
    check(av, encoder.receivePacketSync(packet), 'encode the JPEG');
    if (packet.data === null) throw new AvError('the JPEG encoder gave nothing');
    return { jpeg: Uint8Array.from(packet.data), width, height };
  } finally {
    packet.free();
    picture.free();
    scaler.freeContext();
    encoder.freeContext();
  }
}
