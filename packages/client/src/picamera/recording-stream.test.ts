import { describe, expect, it } from 'vitest';
import { PiCameraError } from './picamera-error.ts';
import { MAX_UNREAD_BYTES, RecordingStream } from './recording-stream.ts';

describe('the stream of a recording', () => {
  it('passes on copies, in order, to its end', async () => {
    const stream = new RecordingStream();
    const frame = Uint8Array.of(1, 2, 3);

    stream.write(frame.subarray(1));
    frame.fill(9);
    stream.write(Uint8Array.of(4));
    stream.end();

    expect(await new Response(stream.readable).bytes()).toEqual(Uint8Array.of(2, 3, 4));
  });

  it('fails as told', async () => {
    const stream = new RecordingStream();
    stream.fail(new PiCameraError('picamera/terminated', 'over'));
    stream.write(Uint8Array.of(1));
    stream.end();

    await expect(stream.readable.getReader().read()).rejects.toMatchObject({ code: 'picamera/terminated' });
  });

  it('holds no more than its bound for a reader that does not read', async () => {
    const stream = new RecordingStream();
    const chunk = new Uint8Array(MAX_UNREAD_BYTES / 4);

    for (let i = 0; i < 5; i++) stream.write(chunk);

    await expect(stream.readable.getReader().read()).rejects.toMatchObject({
      code: 'picamera/reader-too-slow',
    });
  });

  it('drops what still comes when nobody wants it any more', async () => {
    const stream = new RecordingStream();
    await stream.readable.cancel();

    stream.write(Uint8Array.of(1));
    stream.end();

    await expect(stream.readable.getReader().read()).resolves.toMatchObject({ done: true });
  });
});
