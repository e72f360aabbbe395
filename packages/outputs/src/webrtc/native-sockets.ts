import type { NativeFanout, NativeSocket } from '@pinhole/native';
import type { DirectPath } from '@pinhole/webrtc';

/** Sockets of the native code, one for each way: picture and sound of a viewer go out of the same. */
export class NativeSockets {
  readonly #native: NativeFanout;
  readonly #byPath = new WeakMap<DirectPath, { readonly socket: NativeSocket; users: number }>();

  constructor(native: NativeFanout) {
    this.#native = native;
  }

  /**
   * The socket of a way; to be released as often as it was taken.
   * @throws {PinholeError} `native/failed`: no file descriptor is left
   */
  take(path: DirectPath): NativeSocket {
    const entry = this.#byPath.get(path) ?? { socket: this.#native.openSocket(path.descriptor), users: 0 };
    entry.users++;
    this.#byPath.set(path, entry);
    return entry.socket;
  }

  release(path: DirectPath): void {
    const entry = this.#byPath.get(path);
    if (!entry || --entry.users > 0) return;
    this.#byPath.delete(path);
    entry.socket.close();
  }
}
