import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type LiveServerMessage,
  liveSubprotocols,
  parseLiveFrame,
  parseLiveServerMessage,
} from '@pinhole/protocol/live';
import { WebSocket } from 'ws';
import { type Arrival, expectUnharmed } from './unharmed.ts';

/** Over less, a picture more or less decides. */
const MEASURE_MS = 1_500;

/** Whom to watch, and as who. */
export interface ViewerAddress {
  readonly port: number;
  readonly token: string;
}

/** A viewer by WebSocket without a browser, who notes when each picture came. */
export class SteadyViewer {
  readonly texts: LiveServerMessage[] = [];
  /** Resolves with the code, once the connection is closed. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  #arrivals: Arrival[] = [];
  #since = Date.now();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('message', (message: Buffer, isBinary) => {
      if (isBinary) {
        this.#arrivals.push({ number: parseLiveFrame(new Uint8Array(message)).sequence, at: Date.now() });
      } else {
        this.texts.push(parseLiveServerMessage(message.toString()));
      }
    });
    socket.on('error', () => {}); // `close` follows
  }

  /** Opens `/live/{camera}` and waits for the first picture. */
  static async open(camera: string, { port, token }: ViewerAddress): Promise<SteadyViewer> {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/live/${camera}`, liveSubprotocols(token));
    const viewer = new SteadyViewer(socket);
    while (viewer.#arrivals.length === 0)
      await once(socket, 'message', { signal: AbortSignal.timeout(15_000) });
    viewer.#since = Date.now();
    return viewer;
  }

  /** Pictures since the last call. */
  take(): readonly Arrival[] {
    this.#since = Date.now();
    return this.#arrivals.splice(0);
  }

  /** Proves that it noticed nothing since pictures were taken last, and for a second and a half at least. */
  async expectUnharmed(): Promise<void> {
    await sleep(Math.max(0, this.#since + MEASURE_MS - Date.now()));
    const forMs = Date.now() - this.#since;
    expectUnharmed(this.take(), { forMs });
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }
}
