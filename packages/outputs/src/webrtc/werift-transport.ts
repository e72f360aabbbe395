import { messageOf } from '@pinhole/core';
import type { MessagePipe, PeerStats } from '@pinhole/engine';
import type { IceCandidate } from '@pinhole/media/sdp';
import { type RTCCertificate, RTCDtlsTransport } from 'werift';
import type { DatagramPath, SrtpKeys } from './rtp-sender.ts';
import type { LocalSide } from './viewer-answer.ts';
import type { ViewerOffer } from './viewer-offer.ts';
import { WeriftChannels } from './werift-channel.ts';
import { WeriftDtls } from './werift-dtls.ts';
import { type IceOptions, WeriftIce } from './werift-ice.ts';

/** What a transport tells its peer. */
export interface TransportHandlers {
  /** ICE and DTLS are up. */
  readonly connected: () => void;
  /** The viewer closed it. */
  readonly closed: () => void;
  /** Will not come up, or not come back. */
  readonly failed: (why: string) => void;
  /** A datagram of RTCP, no longer encrypted. */
  readonly rtcp: (datagram: Uint8Array) => void;
  /** A message came on a data channel. */
  readonly heard: () => void;
  /** The viewer opened the data channel that carries our messages. */
  readonly channel: (pipe: MessagePipe) => void;
}

/** The certificate of this process, made when first asked for. */
export const sharedCertificate = (): Promise<RTCCertificate> => RTCDtlsTransport.SetupCertificate();

/** The way to one viewer: ICE, DTLS and SCTP by werift. */
export class WeriftTransport {
  readonly #offer: ViewerOffer;
  readonly #ice: WeriftIce;
  readonly #dtls: WeriftDtls;
  #channels: WeriftChannels | undefined;
  #keys: SrtpKeys | undefined;
  #ended = false;
  #failed = false;

  private constructor(
    offer: ViewerOffer,
    parts: { readonly ice: WeriftIce; readonly certificate: RTCCertificate },
  ) {
    this.#offer = offer;
    this.#ice = parts.ice;
    this.#dtls = new WeriftDtls(parts.ice, parts.certificate);
  }

  /**
   * Binds sockets and gathers candidates for a viewer.
   * @throws {PinholeError} `webrtc/bind`
   */
  static async open(offer: ViewerOffer, options: IceOptions): Promise<WeriftTransport> {
    const certificate = await sharedCertificate();
    return new WeriftTransport(offer, { ice: await WeriftIce.open(options), certificate });
  }

  get local(): Pick<LocalSide, 'ice' | 'fingerprint' | 'candidates'> {
    const { candidates, ...ice } = this.#ice.local;
    const [fingerprint] = this.#dtls.localCertificate?.getFingerprints() ?? [];
    if (!fingerprint) throw new Error('the certificate has no fingerprint');
    return { ice, fingerprint, candidates };
  }

  /** What DTLS agreed on; from `connected` on. */
  get keys(): SrtpKeys {
    if (!this.#keys) throw new Error('no keys before the handshake');
    return this.#keys;
  }

  /** Where RTP goes. */
  get datagrams(): DatagramPath {
    return this.#ice;
  }

  /** What was dropped on the way. */
  get counters(): Pick<PeerStats, 'datagramsRefused' | 'sendFailures' | 'channelMalformed'> {
    return {
      datagramsRefused: this.#ice.refusedDatagrams,
      sendFailures: this.#ice.sendFailures,
      channelMalformed: this.#channels?.malformed ?? 0,
    };
  }

  /** The selected path in words. */
  get path(): string | undefined {
    return this.#ice.path;
  }

  /** Waits for the viewer. */
  start(handlers: TransportHandlers): void {
    const fail = (why: string): void => {
      if (this.#ended || this.#failed) return;
      this.#failed = true;
      handlers.failed(why);
    };
    const { channels, ice, fingerprints } = this.#offer;
    if (channels) {
      this.#channels = new WeriftChannels({
        dtls: this.#dtls,
        remotePort: channels.sctpPort,
        remoteMaxMessageBytes: channels.maxMessageBytes,
        opened: handlers.channel,
        heard: handlers.heard,
        ended: () => handlers.closed(),
      });
    }
    this.#ice.start({
      ...ice,
      failed: fail,
      media: (datagram) => {
        const rtcp = this.#keys && this.#dtls.unprotectRtcp(datagram);
        if (rtcp) handlers.rtcp(rtcp);
      },
      nominated: () => {
        this.#dtls
          .handshake(fingerprints, { closed: () => handlers.closed() })
          .then((keys) => {
            if (this.#ended) return;
            this.#keys = keys;
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
}
