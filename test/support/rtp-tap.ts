import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A relay in front of an RTSP server that notes when the last packet of each picture passes. */
export interface RtpTap {
  readonly port: number;
  /** When each marker bit passed, in milliseconds since 1970, in order. */
  readonly marks: readonly number[];
  close(): Promise<void>;
}

const INTERLEAVED = 0x24; // "$": RFC 2326 §10.12
const VIDEO_CHANNEL = 0;

/** Opens a tap for RTP over TCP. */
export async function openRtpTap(serverPort: number): Promise<RtpTap> {
  const marks: number[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect(serverPort, '127.0.0.1');
    const parser = new InterleavedParser(() => marks.push(performance.timeOrigin + performance.now()));
    upstream.on('data', (chunk) => parser.push(chunk));
    for (const socket of [client, upstream]) {
      socket.setNoDelay();
      sockets.add(socket);
      socket.on('error', () => {}); // the other side is closed by 'close'
    }
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    marks,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

class InterleavedParser {
  readonly #marked: () => void;
  #held: Buffer<ArrayBufferLike> = Buffer.alloc(0);

  constructor(marked: () => void) {
    this.#marked = marked;
  }

  push(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    for (;;) {
      if (this.#held.length < 4) return;
      if (this.#held[0] !== INTERLEAVED) {
        if (!this.#skipResponse()) return;
        continue;
      }
      const length = this.#held.readUInt16BE(2);
      if (this.#held.length < 4 + length) return;
      if (this.#held[1] === VIDEO_CHANNEL && ((this.#held[5] ?? 0) & 0x80) !== 0) this.#marked();
      this.#held = this.#held.subarray(4 + length);
    }
  }

  #skipResponse(): boolean {
    const end = this.#held.indexOf('\r\n\r\n');
    if (end === -1) return false;
    const body = /content-length:\s*(\d+)/i.exec(this.#held.toString('latin1', 0, end))?.[1] ?? '0';
    const length = end + 4 + Number(body);
    if (this.#held.length < length) return false;
    this.#held = this.#held.subarray(length);
    return true;
  }
}
