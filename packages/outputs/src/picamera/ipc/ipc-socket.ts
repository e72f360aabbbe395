import { chmod } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { type Logger, messageOf, PinholeError } from '@pinhole/core';
import { type IpcCounters, type IpcTally, newIpcTally } from './ipc-counters.ts';
import type { IpcFraming } from './ipc-framing.ts';
import { LocalClient } from './local-client.ts';
import { prepareSocketPath } from './socket-path.ts';

/** How a socket for local programs is made. */
export interface IpcSocketOptions {
  /** Absolute. A socket that a program left behind there is replaced. */
  readonly path: string;
  readonly framing: IpcFraming;
  /** Permission bits of the socket. Default 0600: programs of the same user alone. */
  readonly mode?: number;
  readonly log: Logger;
}

/** Somebody who hears what local programs say. */
export interface IpcAudience {
  take(message: Uint8Array): void;
  /** It is behind: local programs shall be held up for a moment, rather than it lose what they say. */
  readonly isBehind: boolean;
}

/** Local programs at a time. */
const MOST_CLIENTS = 16;

/** Who is behind for longer holds nobody up any more, until it has caught up. */
const HOLD_MS = 1000;

/**
 * A Unix socket by which programs of this machine talk with the viewers of a device: what one of them says goes to every
 * viewer, what a viewer says goes to all of them.
 */
export class IpcSocket {
  readonly path: string;
  readonly #options: IpcSocketOptions;
  readonly #server: Server;
  readonly #clients = new Set<LocalClient>();
  readonly #audience = new Set<IpcAudience>();
  readonly #laggards = new Set<IpcAudience>();
  /** Counted by who takes and sends, too. */
  readonly tally: IpcTally = newIpcTally();
  #holding: ReturnType<typeof setTimeout> | undefined;
  #number = 0;

  private constructor(options: IpcSocketOptions) {
    this.#options = options;
    this.path = options.path;
    this.#server = createServer((socket) => this.#admit(socket));
    // One connection that could not be accepted: the next may be.
    this.#server.on('error', (thrown) => options.log.warn({ error: messageOf(thrown) }, 'IPC socket'));
  }

  /**
   * Listens at a path. Close it at the end.
   * @throws {PinholeError} `ipc/path`, `ipc/folder`, `ipc/in-use`, `ipc/not-a-socket`, `ipc/listen`
   */
  static async open(options: IpcSocketOptions): Promise<IpcSocket> {
    const { path, mode = 0o600 } = options;
    await prepareSocketPath(path);
    const socket = new IpcSocket(options);
    try {
      await listenPrivately(socket.#server, path);
      await chmod(path, mode);
    } catch (cause) {
      await socket.close();
      throw new PinholeError('ipc/listen', `IPC socket ${path}: ${messageOf(cause)}`, { cause });
    }
    return socket;
  }

  /** A copy of the counts so far. */
  get counters(): IpcCounters {
    return { ...this.tally };
  }

  /** Local programs that are connected. */
  get clients(): number {
    return this.#clients.size;
  }

  /** Lets somebody hear what local programs say. @returns a function that ends it */
  join(audience: IpcAudience): () => void {
    this.#audience.add(audience);
    return () => {
      this.#audience.delete(audience);
      this.#laggards.delete(audience);
      this.#look();
    };
  }

  /** Somebody who was behind has caught up. */
  caughtUp(audience: IpcAudience): void {
    this.#laggards.delete(audience);
    this.#look();
  }

  /** Hands what a viewer said to every local program. */
  write(message: Uint8Array): void {
    this.tally.fromViewers++;
    if (this.#clients.size === 0) this.tally.unheard++;
    for (const client of this.#clients) if (client.write(message)) this.tally.toLocal++;
  }

  /** Ends it and removes the socket. May be called again; never throws. */
  async close(): Promise<void> {
    clearTimeout(this.#holding);
    this.#holding = undefined;
    for (const client of this.#clients) client.close();
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
  }

  #admit(socket: ConstructorParameters<typeof LocalClient>[0]): void {
    if (this.#clients.size >= MOST_CLIENTS) {
      this.tally.clientsRefused++;
      socket.destroy();
      return;
    }
    const { log, framing } = this.#options;
    const number = ++this.#number;
    this.tally.clients++;
    const client = new LocalClient(socket, {
      framing,
      message: (message) => this.#distribute(message),
      ended: (why) => {
        this.#clients.delete(client);
        if (why === 'slow') this.tally.clientsDroppedSlow++;
        if (why === 'malformed') this.tally.clientsDroppedMalformed++;
        if (why !== 'left') log.warn({ client: number, why }, 'a local program was dropped');
      },
    });
    this.#clients.add(client);
    if (this.#holding) client.hold();
  }

  /** @returns whether there may be more */
  #distribute(message: Uint8Array): boolean {
    this.tally.fromLocal++;
    for (const audience of this.#audience) audience.take(message);
    if (!this.#isAnyBehind()) return true;
    if (this.#holding === undefined) {
      for (const client of this.#clients) client.hold();
      this.#holding = setTimeout(() => this.#giveUp(), HOLD_MS);
    }
    return false;
  }

  #isAnyBehind(): boolean {
    for (const each of this.#audience) if (each.isBehind && !this.#laggards.has(each)) return true;
    return false;
  }

  #giveUp(): void {
    for (const each of this.#audience) if (each.isBehind) this.#laggards.add(each);
    this.#look();
  }

  #look(): void {
    if (this.#holding === undefined || this.#isAnyBehind()) return;
    clearTimeout(this.#holding);
    this.#holding = undefined;
    for (const client of this.#clients) client.resume();
  }
}

/** Nobody else can connect between the making of the socket and the setting of its permissions. */
function listenPrivately(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(0o177);
    try {
      // The socket is made before this returns.
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}
