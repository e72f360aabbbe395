import { PiCameraError } from './picamera-error.ts';

/** What may wait for its reader, in bytes. A data channel cannot be told to wait, so a reader that is slower for long loses. */
export const MAX_UNREAD_BYTES = 64 * 2 ** 20;

/** Takes a file as it comes, for a reader that takes it on. */
export class RecordingStream {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>;
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined;

  constructor() {
    this.readable = new ReadableStream(
      {
        start: (controller) => {
          this.#controller = controller;
        },
        // What still comes is dropped; there is no word for "enough" on the wire.
        cancel: () => {
          this.#controller = undefined;
        },
      },
      { highWaterMark: MAX_UNREAD_BYTES, size: ({ byteLength }) => byteLength },
    );
  }

  /** Passes bytes on; they are copied. */
  write(bytes: Uint8Array): void {
    const controller = this.#controller;
    if (!controller) return;
    if ((controller.desiredSize ?? 0) < bytes.byteLength) {
      const message = `more than ${MAX_UNREAD_BYTES / 2 ** 20} MiB of the recording wait for their reader`;
      this.fail(new PiCameraError('picamera/reader-too-slow', message));
      return;
    }
    controller.enqueue(bytes.slice());
  }

  /** It is complete. */
  end(): void {
    this.#controller?.close();
    this.#controller = undefined;
  }

  /** It came to nothing. */
  fail(error: PiCameraError): void {
    this.#controller?.error(error);
    this.#controller = undefined;
  }
}
