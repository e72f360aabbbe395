import { RTP_FIXED_HEADER_BYTES } from '@pinhole/media/rtp';
import { NativeFanout, type NativeFanoutOptions, type NativeViewer } from '@pinhole/native';
import { type DirectPath, SRTP_PROFILE } from '@pinhole/webrtc';
import type { OwnedFanout, RtpRun, RtpSender, RtpSenderOptions } from './rtp-sender.ts';
import { typescriptFanout } from './typescript-fanout.ts';

/** Packets that may wait for one viewer: several seconds of a picture, or one large key frame after the other. */
const QUEUED_PACKETS = 2048;

/**
 * Sends on a thread of its own, in native code: a tenth of the work. A viewer whose way is no plain UDP socket, e.g. by a
 * relay, goes by TypeScript for as long as that is so.
 *
 * @throws {PinholeError} `native/missing`; the message says why
 */
export function openNativeFanout(options: NativeFanoutOptions = {}): OwnedFanout {
  const native = NativeFanout.open({ queuedPackets: QUEUED_PACKETS, ...options });
  const senders = new Set<NativeSender>();
  return {
    name: 'native',
    get senders() {
      return senders.size;
    },
    open: (wishes) => {
      const sender = new NativeSender(native, wishes, () => senders.delete(sender));
      senders.add(sender);
      return sender;
    },
    close: () => native.close(),
  };
}

class NativeSender implements RtpSender {
  readonly #native: NativeFanout;
  readonly #options: RtpSenderOptions;
  readonly #closed: () => void;
  readonly #overheadBytes: number;
  /** For ways that are not ours: same keys, and numbers that are told, so that no nonce comes twice. */
  #byTypescript: RtpSender | undefined;
  #direct: DirectPath | undefined;
  #viewer: NativeViewer | undefined;
  #droppedBefore = 0;
  #over = false;

  constructor(native: NativeFanout, options: RtpSenderOptions, closed: () => void) {
    this.#native = native;
    this.#options = options;
    this.#closed = closed;
    this.#overheadBytes = options.keys.profile === SRTP_PROFILE.aeadAes128Gcm ? 16 : 10;
  }

  get pressure(): number {
    return (this.#viewer?.queuedPackets ?? 0) / QUEUED_PACKETS;
  }

  get droppedPackets(): number {
    return this.#droppedBefore + droppedBy(this.#viewer);
  }

  send(run: RtpRun): number {
    if (this.#over) return 0;
    const viewer = this.#follow();
    if (!viewer) return this.#fallback().send(run);
    return viewer.send(run) ? this.#bytesOf(run) : 0;
  }

  resend(run: RtpRun, position: number): void {
    if (this.#over) return;
    const viewer = this.#follow();
    if (viewer) viewer.send(run, position, position + 1);
    else this.#fallback().resend(run, position);
  }

  close(): void {
    this.#over = true;
    this.#leave();
    this.#byTypescript?.close();
    this.#closed();
  }

  /** The viewer at the path's present end. What waits for an earlier end still goes out there. */
  #follow(): NativeViewer | undefined {
    const { path, keys, ssrc, payloadType } = this.#options;
    const { direct } = path;
    if (direct === this.#direct) return this.#viewer;
    this.#droppedBefore += droppedBy(this.#viewer);
    this.#direct = direct;
    this.#viewer = direct && this.#open(direct, { keys, ssrc, payloadType });
    return this.#viewer;
  }

  #open(
    { descriptor, host: address, port }: DirectPath,
    rest: Pick<RtpSenderOptions, 'keys' | 'ssrc' | 'payloadType'>,
  ): NativeViewer | undefined {
    try {
      return this.#native.openViewer({ descriptor, address, port, ...rest });
    } catch {
      // No descriptor is left: it goes by the one that there is.
      return undefined;
    }
  }

  #fallback(): RtpSender {
    this.#byTypescript ??= typescriptFanout.open(this.#options);
    return this.#byTypescript;
  }

  #leave(): void {
    this.#droppedBefore += droppedBy(this.#viewer);
    this.#viewer?.close();
    this.#viewer = undefined;
  }

  #bytesOf({ payloads, extension }: RtpRun): number {
    const each = RTP_FIXED_HEADER_BYTES + extension.byteLength + this.#overheadBytes;
    return payloads.reduce((sum, payload) => sum + payload.byteLength + each, 0);
  }
}

function droppedBy(viewer: NativeViewer | undefined): number {
  if (!viewer) return 0;
  const { packetsRefused, packetsOverflowed, packetsFailed } = viewer.counters;
  return packetsRefused + packetsOverflowed + packetsFailed;
}
