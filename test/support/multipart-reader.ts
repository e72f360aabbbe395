import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** One part of a `multipart/x-mixed-replace` response. */
export interface Part {
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Uint8Array;
  /** UTC milliseconds, when its last byte came. */
  readonly at: number;
}

const CRLF2 = Buffer.from('\r\n\r\n');

/** Reads a row of pictures strictly: what does not follow RFC 2046 §5.1.1 throws. */
export class MultipartReader {
  readonly response: IncomingMessage;
  readonly parts: Part[] = [];
  /** Resolves when the response is over, whoever ended it. */
  readonly ended: Promise<void>;
  readonly #request: ClientRequest;
  readonly #delimiter: Buffer;
  #bytes = Buffer.alloc(0);

  private constructor(asked: ClientRequest, response: IncomingMessage) {
    this.#request = asked;
    this.response = response;
    const boundary = /^multipart\/x-mixed-replace; boundary=(\S+)$/.exec(
      response.headers['content-type'] ?? '',
    );
    if (!boundary) throw new Error(`no row of pictures: ${response.headers['content-type']}`);
    this.#delimiter = Buffer.from(`--${boundary[1]}\r\n`);
    response.on('data', (chunk: Buffer) => this.#take(chunk));
    response.on('error', () => {}); // `close` follows
    this.ended = new Promise((resolve) => response.once('close', resolve));
  }

  static async open(url: string): Promise<MultipartReader> {
    const asked = request(url, { agent: false }).end();
    asked.on('error', () => {}); // ended by the test
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    return new MultipartReader(asked, response);
  }

  /** Reads nothing more, and says nothing. */
  pause(): void {
    this.response.pause();
  }

  resume(): void {
    this.response.resume();
  }

  close(): void {
    this.#request.destroy();
  }

  #take(chunk: Buffer): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    for (;;) {
      const head = this.#delimiter.length;
      if (this.#bytes.length < head) return;
      if (!this.#bytes.subarray(0, head).equals(this.#delimiter))
        throw new Error('a part begins without its boundary');
      const headEnd = this.#bytes.indexOf(CRLF2, head);
      if (headEnd === -1) return;
      const lines = this.#bytes.subarray(head, headEnd).toString('latin1').split('\r\n');
      const headers = new Map(
        lines.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]),
      );
      const start = headEnd + CRLF2.length;
      const end = start + Number(headers.get('Content-Length'));
      // The boundary after a part has to come with it: browsers show the part no sooner.
      if (this.#bytes.length < end + 2 + head) return;
      const body = new Uint8Array(this.#bytes.subarray(start, end));
      this.parts.push({ headers, body, at: Date.now() });
      this.#bytes = this.#bytes.subarray(end + 2);
    }
  }
}
