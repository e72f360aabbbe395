import type { NativeFanout, NativeSocket } from '@pinhole/native';
import type { DirectPath } from '@pinhole/webrtc';

/** Sockets of the native code, one for each of ours: viewers at a shared port, picture and sound, go out of the same. */
export class NativeSockets {
  readonly #native: NativeFanout;
  readonly #bySocket = new WeakMap<object, { readonly socket: NativeSocket; users: number }>();

  constructor(native: NativeFanout) {
    this.#native = native;
  }

  /**
   * The socket of a way; to be released as often as it was taken.
   * @throws {PinholeError} `native/failed`: no file descriptor is left
   */
  take(path: DirectPath): NativeSocket {
    const ours = path.socket ?? path;
    const entry = this.#bySocket.get(ours) ?? { socket: this.#native.openSocket(path.descriptor), users: 0 };
    entry.users++;
    this.#bySocket.set(ours, entry);
    return entry.socket;
  }

  release(path: DirectPath): void {
    const ours = path.socket ?? path;
    const entry = this.#bySocket.get(ours);
    if (!entry || --entry.users > 0) return;
    this.#bySocket.delete(ours);
    entry.socket.close();
  }
}
