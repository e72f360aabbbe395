import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** What can be broken between a client and a server at a port of this machine; media goes another way. */
export class BreakableWire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  accepted = 0;
  /** What the server said. */
  heard = '';

  constructor(port: number) {
    this.#server = createServer((near) => {
      const far = connect(port, '127.0.0.1');
      this.accepted++;
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          this.#sockets.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      far.on('data', (bytes) => {
        this.heard += bytes.toString('latin1');
      });
      near.pipe(far).pipe(near);
    });
  }

  /** @returns where it begins, `ws://…` */
  async open(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }
}
