import { MalformedError } from '@pinhole/core';

/** `raw`: each read is a message, each message a write. `framed`: each message has its length before it. */
export type IpcFraming = 'raw' | 'framed';

/** A read of a raw socket is no longer message than that. */
export const RAW_MESSAGE_BYTES = 1024;

/** No message of a local program is longer: it fits into one message of every wire. */
export const MAX_IPC_MESSAGE_BYTES = 65_535;

const LENGTH_BYTES = 4;

/** Takes messages out of what a local program writes. What it was not asked for yet it keeps. */
export interface IpcSplitter {
  push(bytes: Uint8Array): void;
  /** @returns a copy; nothing when there is no whole one. @throws {MalformedError} `ipc/frame` */
  next(): Uint8Array | undefined;
}

/** Makes a splitter. */
export const ipcSplitter = (framing: IpcFraming): IpcSplitter =>
  framing === 'raw' ? new RawSplitter() : new FrameSplitter();

/**
 * Puts a message into bytes for a local program.
 *
 * ```
 * framed:  0        4
 *          +--------+------------------+
 *          | length | length bytes     |    length: unsigned, big-endian
 *          +--------+------------------+
 * ```
 */
export function ipcFrame(message: Uint8Array, framing: IpcFraming): Uint8Array {
  if (framing === 'raw') return message;
  const frame = new Uint8Array(LENGTH_BYTES + message.byteLength);
  new DataView(frame.buffer).setUint32(0, message.byteLength);
  frame.set(message, LENGTH_BYTES);
  return frame;
}

/** What was read at once is cut where it is too long, and nowhere else. */
class RawSplitter implements IpcSplitter {
  #reads: Uint8Array[] = [];
  #at = 0;

  push(bytes: Uint8Array): void {
    if (bytes.byteLength > 0) this.#reads.push(bytes);
  }

  next(): Uint8Array | undefined {
    const [read] = this.#reads;
    if (read === undefined) return undefined;
    const message = read.slice(this.#at, this.#at + RAW_MESSAGE_BYTES);
    this.#at += message.byteLength;
    if (this.#at >= read.byteLength) {
      this.#reads.shift();
      this.#at = 0;
    }
    return message;
  }
}

class FrameSplitter implements IpcSplitter {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;

  push(bytes: Uint8Array): void {
    const rest = this.#bytes.subarray(this.#at);
    const joined = new Uint8Array(rest.byteLength + bytes.byteLength);
    joined.set(rest);
    joined.set(bytes, rest.byteLength);
    this.#bytes = joined;
    this.#at = 0;
  }

  next(): Uint8Array | undefined {
    for (;;) {
      const rest = this.#bytes.subarray(this.#at);
      if (rest.byteLength < LENGTH_BYTES) return undefined;
      const length = new DataView(rest.buffer, rest.byteOffset).getUint32(0);
      if (length > MAX_IPC_MESSAGE_BYTES) {
        throw new MalformedError(
          'ipc/frame',
          `a frame of ${length} bytes: use at most ${MAX_IPC_MESSAGE_BYTES}, and 4 bytes of length, big-endian, before each`,
        );
      }
      if (rest.byteLength < LENGTH_BYTES + length) return undefined;
      this.#at += LENGTH_BYTES + length;
      // An empty message says nothing, and some viewers cannot be told of one.
      if (length > 0) return rest.slice(LENGTH_BYTES, LENGTH_BYTES + length);
    }
  }
}
