import { NativeFanout, type NativeFanoutOptions, type NativeViewer } from '@pinhole/native';
import type { DirectPath } from '@pinhole/webrtc';
import { NativeSockets } from './native-sockets.ts';
import type { OwnedFanout, RtpRun, RtpSender, RtpSenderOptions } from './rtp-sender.ts';
import { typescriptFanout } from './typescript-fanout.ts';

/** Packets that may wait for one viewer: several seconds of a picture, or one large key frame after the other. */
const QUEUED_PACKETS = 2048;

/**
 * Sends on a thread of its own, in native code: about a fifth of the work. A viewer whose way is no plain UDP socket, e.g. by a
 * relay, goes by TypeScript for as long as that is so.
 *
 * @throws {PinholeError} `native/missing`; the message says why
 */
export function openNativeFanout(options: NativeFanoutOptions = {}): OwnedFanout {
  const native = NativeFanout.open({ queuedPackets: QUEUED_PACKETS, ...options });
  const sockets = new NativeSockets(native);
  const senders = new Set<NativeSender>();
  return {
    name: 'native',
    get senders() {
      return senders.size;
    },
    get counters() {
      return native.counters;
    },
    open: (wishes) => {
      const sender = new NativeSender({ native, sockets }, wishes, () => senders.delete(sender));
      senders.add(sender);
      return sender;
    },
    close: () => native.close(),
  };
}

/** A viewer of the native code, and the way that it goes. */
interface Way {
  readonly path: DirectPath;
  readonly viewer: NativeViewer;
}

class NativeSender implements RtpSender {
  readonly #native: NativeFanout;
  readonly #sockets: NativeSockets;
  readonly #options: RtpSenderOptions;
  readonly #closed: () => void;
  /** For ways that are not ours: same keys, and numbers that are told, so that no nonce comes twice. */
  #byTypescript: RtpSender | undefined;
  #direct: DirectPath | undefined;
  #way: Way | undefined;
  /** The one before: what waits for it still goes out there. */
  #oldWay: Way | undefined;
  #droppedBefore = 0;
  #over = false;

  constructor(
    { native, sockets }: { readonly native: NativeFanout; readonly sockets: NativeSockets },
    options: RtpSenderOptions,
    closed: () => void,
  ) {
    this.#native = native;
    this.#sockets = sockets;
    this.#options = options;
    this.#closed = closed;
  }

  get pressure(): number | undefined {
    return this.#way && this.#way.viewer.queuedPackets / QUEUED_PACKETS;
  }

  get droppedPackets(): number {
    return this.#droppedBefore + droppedBy(this.#way) + droppedBy(this.#oldWay);
  }

  send(run: RtpRun): number {
    if (this.#over) return 0;
    const viewer = this.#follow();
    return viewer ? viewer.send(run) : this.#fallback().send(run);
  }

  resend(run: RtpRun, position: number): void {
    if (this.#over) return;
    const viewer = this.#follow();
    if (viewer) viewer.send(run, position, position + 1);
    else this.#fallback().resend(run, position);
  }

  close(): void {
    this.#over = true;
    this.#leave(this.#oldWay);
    this.#leave(this.#way);
    this.#oldWay = undefined;
    this.#way = undefined;
    this.#byTypescript?.close();
    this.#closed();
  }

  /** The viewer at the path's present end. */
  #follow(): NativeViewer | undefined {
    const { direct } = this.#options.path;
    if (direct === this.#direct) return this.#way?.viewer;
    this.#direct = direct;
    if (this.#way) {
      this.#leave(this.#oldWay);
      this.#oldWay = this.#way;
    }
    this.#way = direct && this.#open(direct);
    return this.#way?.viewer;
  }

  #open(path: DirectPath): Way | undefined {
    const { keys, ssrc, payloadType } = this.#options;
    const { host: address, port } = path;
    try {
      const socket = this.#sockets.take(path);
      try {
        const viewer = this.#native.openViewer({ socket, address, port, keys, ssrc, payloadType });
        return { path, viewer };
      } catch (error) {
        this.#sockets.release(path);
        throw error;
      }
    } catch {
      // No descriptor is left: it goes by the one that there is.
      return undefined;
    }
  }

  #fallback(): RtpSender {
    this.#byTypescript ??= typescriptFanout.open(this.#options);
    return this.#byTypescript;
  }

  #leave(way: Way | undefined): void {
    if (!way) return;
    this.#droppedBefore += droppedBy(way);
    way.viewer.close();
    this.#sockets.release(way.path);
  }
}

function droppedBy(way: Way | undefined): number {
  if (!way) return 0;
  const { packetsRefused, packetsOverflowed, packetsFailed } = way.viewer.counters;
  return packetsRefused + packetsOverflowed + packetsFailed;
}
