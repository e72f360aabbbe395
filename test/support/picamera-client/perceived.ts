import { readTimeCode } from '@pinhole/media/timecode';

/** A picture that came as a file, by its time code. */
export interface ReadPicture {
  readonly frameNumber: number | undefined;
  readonly width: number;
  readonly height: number;
}

/** Reads a picture at an address. */
export async function readPicture(url: string): Promise<ReadPicture> {
  const image = new Image();
  image.src = url;
  await image.decode();
  const { naturalWidth: width, naturalHeight: height } = image;
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext('2d');
  if (!context) throw new Error('no 2d context');
  context.drawImage(image, 0, 0);
  const code = readTimeCode({ data: context.getImageData(0, 0, width, height).data, width, height });
  return { frameNumber: code?.frameNumber, width, height };
}

const LISTEN_MS = 200;

/** How loud the last track of sound of some streams is for a moment, from 0 to 1. */
export async function levelOf(streams: readonly MediaStream[]): Promise<number> {
  const [track] = streams.flatMap((stream) => stream.getAudioTracks()).slice(-1);
  if (!track) return Number.NaN;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  await new Promise((later) => setTimeout(later, LISTEN_MS));
  analyser.getFloatTimeDomainData(samples);
  await context.close();
  return samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
