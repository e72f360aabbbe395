import { messageOf } from '@pinhole/core';
import { isRtcp } from '@pinhole/media/rtp';
import type { IceCandidate } from '@pinhole/media/sdp';
import { type RTCCertificate, RTCDtlsTransport } from 'werift';
import type { DatagramPath } from './datagram-path.ts';
import type { SrtpKeys } from './srtp-keys.ts';
import { openSrtpUnprotector } from './srtp-unprotector.ts';
import type { TextPipe } from './text-pipe.ts';
import type { LocalSide, RemoteSide } from './transport-sides.ts';
import { WeriftChannels } from './werift-channel.ts';
import { type SrtpKeyPair, WeriftDtls } from './werift-dtls.ts';
import { type IceOptions, WeriftIce } from './werift-ice.ts';

/** What a transport tells its peer. */
export interface TransportHandlers {
  /** ICE and DTLS are up. */
  readonly connected: () => void;
  /** The peer closed it. */
  readonly closed: () => void;
  /** Will not come up, or not come back. */
  readonly failed: (why: string) => void;
  /** A datagram of RTCP, no longer encrypted. */
  readonly rtcp: (datagram: Uint8Array) => void;
  /** A packet of RTP, no longer encrypted, in memory of its own. Absent where the peer has none to send. */
  readonly rtp?: (packet: Uint8Array) => void;
  /** A message came on a data channel. */
  readonly heard?: () => void;
  /** The peer opened the data channel that carries our messages. */
  readonly channel?: (pipe: TextPipe) => void;
}

/** What was dropped on the way; all since the transport was opened. */
export interface TransportCounters {
  /** Datagrams from strangers, or not signed by the peer. */
  readonly datagramsRefused: number;
  /** Datagrams that the system would not send. */
  readonly sendFailures: number;
  /** Packets and messages on the way of the data channels that could not be read. */
  readonly channelMalformed: number;
}

/** The certificate of this process, made when first asked for. */
export const sharedCertificate = (): Promise<RTCCertificate> => RTCDtlsTransport.SetupCertificate();

/** The way to one peer: ICE, DTLS and SCTP by werift. */
export class WeriftTransport {
  readonly #ice: WeriftIce;
  readonly #dtls: WeriftDtls;
  #channels: WeriftChannels | undefined;
  #keys: SrtpKeyPair | undefined;
  #rtpRefused = 0;
  #onMedia: (datagram: Buffer) => void = () => {};
  #ended = false;
  #failed = false;

  private constructor(parts: { readonly ice: WeriftIce; readonly certificate: RTCCertificate }) {
    this.#ice = parts.ice;
    this.#dtls = new WeriftDtls(parts.ice, parts.certificate);
  }

  /**
   * Binds sockets and gathers candidates for a peer.
   * @throws {PinholeError} `webrtc/bind`
   */
  static async open(options: IceOptions): Promise<WeriftTransport> {
    const certificate = await sharedCertificate();
    return new WeriftTransport({ ice: await WeriftIce.open(options), certificate });
  }

  /** Our end, for the offer or the answer. */
  get local(): LocalSide {
    const { candidates, ...ice } = this.#ice.local;
    const [fingerprint] = this.#dtls.localCertificate?.getFingerprints() ?? [];
    if (!fingerprint) throw new Error('the certificate has no fingerprint');
    return { ice, fingerprint, candidates };
  }

  /** What DTLS agreed on for the packets that we send; from `connected` on. */
  get keys(): SrtpKeys {
    if (!this.#keys) throw new Error('no keys before the handshake');
    return this.#keys.local;
  }

  /** Where RTP goes. */
  get datagrams(): DatagramPath {
    return this.#ice;
  }

  /** What was dropped on the way. */
  get counters(): TransportCounters {
    return {
      datagramsRefused: this.#ice.refusedDatagrams + this.#rtpRefused,
      sendFailures: this.#ice.sendFailures,
      channelMalformed: this.#channels?.malformed ?? 0,
    };
  }

  /** The selected path in words. */
  get path(): string | undefined {
    return this.#ice.path;
  }

  /** Waits for the peer. */
  start(remote: RemoteSide, handlers: TransportHandlers): void {
    const fail = (why: string): void => {
      if (this.#ended || this.#failed) return;
      this.#failed = true;
      handlers.failed(why);
    };
    const { channels, ice, fingerprints } = remote;
    if (channels) {
      this.#channels = new WeriftChannels({
        dtls: this.#dtls,
        remotePort: channels.sctpPort,
        remoteMaxMessageBytes: channels.maxMessageBytes,
        opened: (pipe) => handlers.channel?.(pipe),
        heard: () => handlers.heard?.(),
        ended: () => handlers.closed(),
      });
    }
    this.#ice.start({
      ...ice,
      failed: fail,
      media: (datagram) => this.#onMedia(datagram),
      nominated: () => {
        this.#dtls
          .handshake(fingerprints, { closed: () => handlers.closed() })
          .then((keys) => {
            if (this.#ended) return;
            this.#keys = keys;
            this.#onMedia = this.#mediaReader(handlers, keys.remote);
            this.#channels?.start();
            handlers.connected();
          })
          .catch((error: unknown) => fail(`DTLS: ${messageOf(error)}`));
      },
    });
  }

  addRemoteCandidate(candidate: IceCandidate): Promise<void> {
    return this.#ice.addRemote(candidate);
  }

  sendRtcp(datagram: Uint8Array): void {
    this.#dtls.sendRtcpDatagram(datagram);
  }

  /** Once a second: forgets what is of no use any more. */
  tidy(): void {
    this.#ice.tidy();
  }

  /** Says goodbye and frees everything. */
  async close(): Promise<void> {
    this.#ended = true;
    try {
      await this.#channels?.close();
      this.#dtls.sayClosed();
    } finally {
      await this.#ice.close();
    }
  }

  #mediaReader({ rtp, rtcp }: TransportHandlers, keys: SrtpKeys): (datagram: Buffer) => void {
    const unprotector = rtp && openSrtpUnprotector(keys);
    return (datagram) => {
      if (this.#ended) return;
      if (isRtcp(datagram)) {
        const plain = this.#dtls.unprotectRtcp(datagram);
        if (plain) rtcp(plain);
        return;
      }
      const packet = unprotector?.unprotect(datagram);
      if (packet) rtp?.(packet);
      else if (unprotector) this.#rtpRefused++;
    };
  }
}
