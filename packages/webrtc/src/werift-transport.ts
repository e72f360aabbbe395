import { messageOf, PinholeError } from '@pinhole/core';
import { isRtcp } from '@pinhole/media/rtp';
import type { IceCandidate } from '@pinhole/media/sdp';
import type { DataChannel, NegotiatedChannel } from './data-channel.ts';
import { DataChannels } from './data-channels.ts';
import type { DatagramPath } from './datagram-path.ts';
import { DtlsConnection, type SrtpKeyPair, sharedCertificate } from './dtls/index.ts';
import { IcePaths } from './ice-paths.ts';
import { openSrtcpProtector, type SrtcpProtector } from './srtcp-protector.ts';
import { openSrtcpUnprotector, type SrtcpUnprotector } from './srtcp-unprotector.ts';
import type { SrtpKeys } from './srtp-keys.ts';
import { openSrtpUnprotector, type SrtpUnprotector } from './srtp-unprotector.ts';
import type { LocalSide, RemoteIce, RemoteSide } from './transport-sides.ts';
import type { WeriftIce } from './werift-ice.ts';

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
  /** Data channels that are there without being opened; `channelReady` is called with each once it is open. */
  readonly negotiated?: readonly NegotiatedChannel[];
  readonly channelReady?: (channel: DataChannel) => void;
  /** The peer opened a data channel. */
  readonly channelOpened?: (channel: DataChannel) => void;
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

/** The way to one peer: ICE by werift; DTLS, SRTP of what comes, SRTCP and SCTP. */
export class WeriftTransport {
  readonly #paths: IcePaths;
  readonly #dtls: DtlsConnection;
  #remote: RemoteSide | undefined;
  #handlers: TransportHandlers | undefined;
  #channels: DataChannels | undefined;
  #keys: SrtpKeyPair | undefined;
  #unprotector: SrtpUnprotector | undefined;
  #rtcp: { readonly protector: SrtcpProtector; readonly unprotector: SrtcpUnprotector } | undefined;
  #mediaRefused = 0;
  #shaking = false;
  #ended = false;
  #failed = false;

  private constructor(paths: IcePaths) {
    this.#paths = paths;
    this.#dtls = new DtlsConnection({
      send: (datagram) => paths.send(datagram),
      certificate: sharedCertificate(),
    });
  }

  /**
   * Binds sockets and gathers candidates for a peer.
   * @param openIce does that, again for each new path
   * @throws {PinholeError} `webrtc/bind`, `webrtc/no-address`
   */
  static async open(openIce: () => Promise<WeriftIce>): Promise<WeriftTransport> {
    return new WeriftTransport(await IcePaths.open(openIce));
  }

  /** Our end, for the offer or the answer. */
  get local(): LocalSide {
    const { candidates, ...ice } = this.#paths.local;
    return { ice, fingerprint: sharedCertificate().fingerprint, candidates };
  }

  /** What DTLS agreed on for the packets that we send; from `connected` on. */
  get keys(): SrtpKeys {
    if (!this.#keys) throw new Error('no keys before the handshake');
    return this.#keys.local;
  }

  /** Where RTP goes. */
  get datagrams(): DatagramPath {
    return this.#paths;
  }

  /** What was dropped on the way. */
  get counters(): TransportCounters {
    return {
      datagramsRefused: this.#paths.refusedDatagrams + this.#mediaRefused + this.#dtls.refused,
      sendFailures: this.#paths.sendFailures,
      channelMalformed: this.#channels?.malformed ?? 0,
    };
  }

  /** The selected path in words. */
  get path(): string | undefined {
    return this.#paths.inWords;
  }

  /** Waits for the peer. */
  start(remote: RemoteSide, handlers: TransportHandlers): void {
    this.#remote = remote;
    this.#handlers = handlers;
    this.openChannels(remote);
    this.#paths.start(remote.ice, {
      datagram: (datagram) => this.#receive(datagram),
      found: () => this.#shakeHands(),
      changed: ({ wasSilent }) => {
        if (wasSilent) this.#channels?.changePath();
      },
      failed: (why) => this.#fail(why),
    });
  }

  /** Has data channels from now on, where the peer offers them and there were none yet. */
  openChannels({ channels: remote }: Pick<RemoteSide, 'channels'>): void {
    const handlers = this.#handlers;
    if (!remote || !handlers || this.#channels) return;
    this.#channels = new DataChannels({
      remotePort: remote.sctpPort,
      remoteMaxMessageBytes: remote.maxMessageBytes,
      negotiated: handlers.negotiated ?? [],
      send: (packet) => this.#dtls.sendPlain(packet),
      ready: (channel) => handlers.channelReady?.(channel),
      opened: (channel) => handlers.channelOpened?.(channel),
      heard: () => handlers.heard?.(),
      ended: () => handlers.closed(),
    });
    if (this.#keys) this.#channels.start();
  }

  /** Whether the peer begins ICE anew with these credentials. */
  restartsWith(ice: RemoteIce): boolean {
    return this.#paths.restartsWith(ice);
  }

  /**
   * Looks for another path to the peer, which begins ICE anew; the one there is serves until then. `local` tells of the
   * new one.
   * @throws {PinholeError} `webrtc/bind`, `webrtc/no-address`, `webrtc/closed`
   */
  async restart(ice: RemoteIce): Promise<void> {
    await this.#paths.restart(ice);
    if (this.#ended) throw new PinholeError('webrtc/closed', 'the connection ended meanwhile');
  }

  addRemoteCandidate(candidate: IceCandidate): Promise<void> {
    return this.#paths.addRemote(candidate);
  }

  sendRtcp(datagram: Uint8Array): void {
    const sealed = this.#ended ? undefined : this.#rtcp?.protector.protect(datagram);
    if (sealed) this.#paths.send(sealed);
  }

  /** Once a second: forgets what is of no use any more. */
  tidy(): void {
    this.#paths.tidy();
  }

  /** Says goodbye and frees everything. */
  async close(): Promise<void> {
    this.#ended = true;
    try {
      await this.#channels?.close();
      this.#dtls.sayClosed();
    } finally {
      await this.#paths.close();
    }
  }

  #fail(why: string): void {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#handlers?.failed(why);
  }

  #shakeHands(): void {
    const handlers = this.#handlers;
    if (this.#shaking || !handlers) return;
    this.#shaking = true;
    this.#dtls
      .handshake({
        role: this.#remote?.dtlsRole === 'client' ? 'server' : 'client',
        fingerprints: this.#remote?.fingerprints ?? [],
        closed: () => handlers.closed(),
        plain: (payload) => {
          if (!this.#ended) this.#channels?.receive(payload);
        },
      })
      .then(({ srtp }) => {
        if (!this.#ended) this.#open(srtp, handlers);
      })
      .catch((error: unknown) => {
        const code = error instanceof PinholeError ? ` (${error.code})` : '';
        this.#fail(`DTLS: ${messageOf(error)}${code}`);
      });
  }

  #open(keys: SrtpKeyPair, handlers: TransportHandlers): void {
    this.#keys = keys;
    this.#rtcp = {
      protector: openSrtcpProtector(keys.local),
      unprotector: openSrtcpUnprotector(keys.remote),
    };
    if (handlers.rtp) this.#unprotector = openSrtpUnprotector(keys.remote);
    this.#channels?.start();
    handlers.connected();
  }

  /** @see RFC 7983 §7 (what a datagram is, by its first byte) */
  #receive(datagram: Buffer): void {
    const first = datagram[0] ?? 0;
    if (first >= 20 && first < 64) this.#dtls.receive(datagram);
    else if (first >= 128 && first < 192) this.#receiveMedia(datagram);
  }

  #receiveMedia(datagram: Buffer): void {
    const handlers = this.#handlers;
    if (this.#ended || !this.#rtcp || !handlers) return;
    if (isRtcp(datagram)) {
      const plain = this.#rtcp.unprotector.unprotect(datagram);
      if (plain) handlers.rtcp(plain);
      else this.#mediaRefused++;
      return;
    }
    const packet = this.#unprotector?.unprotect(datagram);
    if (packet) handlers.rtp?.(packet);
    else if (this.#unprotector) this.#mediaRefused++;
  }
}
