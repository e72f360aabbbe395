import { micros } from '@pinhole/core';
import { TIME_CODE_LUMA, timeCodeBits, timeCodeLayout } from '@pinhole/media/timecode';

/** A canvas whose pictures tell their number and when they were painted, and sound of one tone. */
export interface TimeCodedCanvas {
  readonly stream: MediaStream;
  readonly element: HTMLCanvasElement;
  /** Pictures painted so far. */
  painted(): number;
  close(): void;
}

const grey = (luma: number): string => {
  // Limited range, as encoders read it.
  const level = Math.round(((luma - 16) * 255) / 219);
  return `rgb(${level} ${level} ${level})`;
};

/** Paints until it is closed. */
export function openTimeCodedCanvas(options: {
  readonly width: number;
  readonly height: number;
  readonly framesPerSecond: number;
  readonly sound?: true;
}): TimeCodedCanvas {
  const { width, height, framesPerSecond } = options;
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  document.body.append(canvas);
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) throw new Error('no 2d context');
  const { cells, heightPixels } = timeCodeLayout(width, height);
  let painted = 0;
  const paint = (): void => {
    const captureTime = micros(Math.round((performance.timeOrigin + performance.now()) * 1000));
    const bits = timeCodeBits({ frameNumber: painted, captureTime }, cells.length);
    context.fillStyle = grey(128);
    context.fillRect(0, heightPixels, width, height);
    cells.forEach((cell, i) => {
      context.fillStyle = grey(bits[i] === 1 ? TIME_CODE_LUMA.light : TIME_CODE_LUMA.dark);
      context.fillRect(cell.x, cell.y, cell.width, cell.height);
    });
    context.fillStyle = grey(210);
    context.fillRect(0, heightPixels + ((painted * 4) % (height / 2)), width, height / 12);
    painted++;
  };
  const timer = setInterval(paint, 1000 / framesPerSecond);
  paint();
  const stream = canvas.captureStream(framesPerSecond);
  const audio = options.sound && new AudioContext();
  if (audio) {
    const tone = audio.createOscillator();
    const out = audio.createMediaStreamDestination();
    tone.connect(out);
    tone.start();
    for (const track of out.stream.getAudioTracks()) stream.addTrack(track);
  }
  return {
    stream,
    element: canvas,
    painted: () => painted,
    close: () => {
      clearInterval(timer);
      for (const track of stream.getTracks()) track.stop();
      void audio?.close();
      canvas.remove();
    },
  };
}
