import { Socket } from 'node:net';
import { serializeReport, type WorkerReport } from './messages.ts';

/** The worker's end of the report pipe. */
export class Outlet {
  readonly #socket: Socket;

  constructor(fileDescriptor: number) {
    this.#socket = new Socket({ fd: fileDescriptor, readable: false, writable: true });
    // The parent is gone: nobody is left to report to.
    this.#socket.on('error', () => process.exit(0));
  }

  /** Bytes written that the parent has not taken yet. */
  get backlogBytes(): number {
    return this.#socket.writableLength;
  }

  /** Sends a report. */
  send(report: WorkerReport): void {
    this.#socket.write(serializeReport(report));
  }

  /** Waits until the parent has taken everything. */
  async drained(): Promise<void> {
    if (this.#socket.writableLength === 0) return;
    await new Promise<void>((resolve) => {
      this.#socket.once('drain', resolve);
    });
  }

  /** Sends what is left and closes. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#socket.end(resolve);
    });
  }
}
