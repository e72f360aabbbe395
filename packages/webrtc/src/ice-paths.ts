import type { IceCandidate } from '@pinhole/media/sdp';
import type { DatagramPath, DirectPath } from './datagram-path.ts';
import type { RemoteIce } from './transport-sides.ts';
import type { WeriftIce } from './werift-ice.ts';

/** What the paths to a peer tell. */
export interface PathHandlers {
  /** Takes what comes of the peer and is not of ICE. */
  readonly datagram: (datagram: Buffer) => void;
  /** There is a path, the first one. */
  readonly found: () => void;
  /** There is another one; `wasSilent` when nothing came by the one before any more. */
  readonly changed: (old: { readonly wasSilent: boolean }) => void;
  /** There is none, or none any more. */
  readonly failed: (why: string) => void;
}

/** What comes late by the old path is still taken for so long. */
const OLD_PATH_MS = 2000;

/** A viewer reports a few times a second: a path by which nothing came for so long is dead. */
const SILENT_AFTER_MS = 1500;

/**
 * The path to a peer through all restarts of ICE: each has an agent and sockets of its own, and datagrams go by the old
 * one until the new one is there.
 * @see RFC 8445 §9 (restart), §12.1.1 (sending meanwhile)
 */
export class IcePaths implements DatagramPath {
  readonly #open: () => Promise<WeriftIce>;
  readonly #closings = new Set<Promise<void>>();
  /** The one that is in use. */
  #current: WeriftIce;
  /** The one that candidates and answers are about. */
  #latest: WeriftIce;
  #old: { readonly ice: WeriftIce; readonly timer: NodeJS.Timeout } | undefined;
  #handlers: PathHandlers | undefined;
  #remote: RemoteIce | undefined;
  #heardAtMs = 0;
  #found = false;
  #closed = false;
  #gone = { refusedDatagrams: 0, sendFailures: 0 };

  private constructor(open: () => Promise<WeriftIce>, first: WeriftIce) {
    this.#open = open;
    this.#current = first;
    this.#latest = first;
  }

  static async open(open: () => Promise<WeriftIce>): Promise<IcePaths> {
    return new IcePaths(open, await open());
  }

  get local(): WeriftIce['local'] {
    return this.#latest.local;
  }

  get queuedBytes(): number {
    return this.#current.queuedBytes;
  }

  get direct(): DirectPath | undefined {
    return this.#current.direct;
  }

  /** In words, e.g. `host/udp`; undefined until there was one. */
  get inWords(): string | undefined {
    return this.#current.path;
  }

  /** Datagrams from strangers, or not signed. */
  get refusedDatagrams(): number {
    return this.#agents.reduce((sum, ice) => sum + ice.refusedDatagrams, this.#gone.refusedDatagrams);
  }

  /** Datagrams that the system would not send. */
  get sendFailures(): number {
    return this.#agents.reduce((sum, ice) => sum + ice.sendFailures, this.#gone.sendFailures);
  }

  /** Starts the checks. */
  start(remote: RemoteIce, handlers: PathHandlers): void {
    this.#handlers = handlers;
    this.#check(this.#current, remote);
  }

  /** Whether these are other credentials than those that the checks are made with. */
  restartsWith({ ufrag, password }: RemoteIce): boolean {
    return ufrag !== this.#remote?.ufrag || password !== this.#remote.password;
  }

  /**
   * Looks for another path, for a peer that begins anew.
   * @throws {PinholeError} `webrtc/bind`, `webrtc/no-address`
   */
  async restart(remote: RemoteIce): Promise<void> {
    const next = await this.#open();
    const superseded = this.#latest;
    this.#latest = next;
    if (superseded !== this.#current) this.#retire(superseded);
    if (this.#closed) this.#retire(next);
    else this.#check(next, remote);
  }

  addRemote(candidate: IceCandidate): Promise<void> {
    return this.#latest.addRemote(candidate);
  }

  send(datagram: Uint8Array): void {
    this.#current.send(datagram);
  }

  /** Forgets what the agents only ever add to. Called now and then. */
  tidy(): void {
    for (const ice of this.#agents) ice.tidy();
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const ice of this.#agents) this.#retire(ice);
    await Promise.all(this.#closings);
  }

  get #agents(): readonly WeriftIce[] {
    return [...new Set([this.#current, this.#latest, ...(this.#old ? [this.#old.ice] : [])])];
  }

  #check(ice: WeriftIce, remote: RemoteIce): void {
    this.#remote = remote;
    ice.start({
      ...remote,
      nominated: () => this.#use(ice),
      failed: (why) => {
        // While another path is looked for, the one in use may end; and one that came to nothing may be the old one.
        if (ice === this.#latest) this.#handlers?.failed(why);
      },
      datagram: (datagram) => {
        this.#heardAtMs = performance.now();
        this.#handlers?.datagram(datagram);
      },
    });
  }

  #use(ice: WeriftIce): void {
    if (this.#closed || ice !== this.#latest) return;
    const old = this.#current;
    this.#current = ice;
    if (old !== ice) {
      if (this.#old) this.#retire(this.#old.ice);
      this.#old = { ice: old, timer: setTimeout(() => this.#retire(old), OLD_PATH_MS) };
      this.#handlers?.changed({ wasSilent: performance.now() - this.#heardAtMs > SILENT_AFTER_MS });
    }
    if (this.#found) return;
    this.#found = true;
    this.#handlers?.found();
  }

  #retire(ice: WeriftIce): void {
    if (this.#old?.ice === ice) {
      clearTimeout(this.#old.timer);
      this.#old = undefined;
    }
    if (ice !== this.#current && ice !== this.#latest) {
      this.#gone = {
        refusedDatagrams: this.#gone.refusedDatagrams + ice.refusedDatagrams,
        sendFailures: this.#gone.sendFailures + ice.sendFailures,
      };
    }
    const closing = ice
      .close()
      // Its sockets are gone either way.
      .catch(() => {})
      .finally(() => this.#closings.delete(closing));
    this.#closings.add(closing);
  }
}
