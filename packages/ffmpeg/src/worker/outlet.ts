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

  /** The parent has not taken what was sent: what is sent now waits in memory. */
  get isFull(): boolean {
    return this.#socket.writableNeedDrain;
  }

  /** Calls `listener` each time there is room again after it was full. */
  onRoom(listener: () => void): void {
    this.#socket.on('drain', listener);
  }

  /** Sends a report. */
  send(report: WorkerReport): void {
    this.#socket.write(serializeReport(report));
  }

  /** Waits until there is room. */
  async drained(): Promise<void> {
    if (!this.#socket.writableNeedDrain) return;
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
