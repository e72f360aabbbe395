import { openTimeCodedCanvas } from '../publishers/time-coded-canvas.ts';

/** In place of the device's camera, pictures that tell their number. Whatever is asked for, that is what comes. */
const getUserMedia = (): Promise<MediaStream> => {
  const { stream } = openTimeCodedCanvas({ width: 640, height: 360, framesPerSecond: 15 });
  return Promise.resolve(stream);
};

Object.defineProperty(navigator.mediaDevices, 'getUserMedia', { value: getUserMedia });
