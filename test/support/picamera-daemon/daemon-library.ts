import { message } from './daemon-packets.ts';

/** The one recording that can be loaded. */
export const PATH = '/var/lib/pi-webrtc/20260203/04/20260203_040506.mp4';

/** Its bytes, which tell where they stand. */
export const recordingOf = (bytes: number): Uint8Array =>
  Uint8Array.from({ length: bytes }, (_, i) => (i * 31 + (i >> 8)) & 255);

/** Answers to a question for recordings, each by itself; older ones than another are three. */
export function listing(
  generation: 'a' | 'b' | 'c',
  [command, parameter]: readonly [number, string],
): Uint8Array[] {
  if (command === 1 && parameter === '') throw new Error('older than nothing');
  const paths = Array.from({ length: command === 1 ? 3 : 1 }, (_, i) =>
    i === 0 ? PATH : PATH.replace('06.mp4', `0${i}.mp4`),
  );
  const image = 'data:image/jpeg;base64,/9j/';
  return paths.map((path) =>
    generation === 'a'
      ? new TextEncoder().encode(JSON.stringify({ duration: 60, image, path }))
      : message([1, message([1, path], [2, 60], [3, image])]),
  );
}

/** The picture that is live, as a JPEG. */
export function jpegOf(canvas: HTMLCanvasElement, quality: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => {
        if (!blob) reject(new Error('the canvas gave no picture'));
        else void blob.arrayBuffer().then((bytes) => resolve(new Uint8Array(bytes)), reject);
      },
      'image/jpeg',
      // What a browser makes of the lowest qualities cannot be read.
      Math.max(quality, 10) / 100,
    );
  });
}
