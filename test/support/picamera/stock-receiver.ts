/** An answer that came whole, as a client of the field would hand it to its page. */
export interface StockBody {
  readonly channel: number;
  readonly type: number;
  readonly bytes: number;
  readonly sha256: string;
  /** Of short ones, a character a byte. */
  readonly text: string;
  /** Times that progress was told. */
  readonly progress: number;
  /** What it told last: received, and of how many. */
  readonly last: readonly [received: number, total: number];
}

/** What a device said of a recording on demand. */
export interface StockRecording {
  readonly isRecording: boolean;
  readonly path: string;
}

interface Transfer {
  readonly body: Uint8Array<ArrayBuffer>;
  received: number;
  progress: number;
}

const SHORT_BYTES = 256 * 1024;

/**
 * Receives as clients of the field do: one state for each channel and type, no ids, whole when as many bytes came as the
 * header said, ready for the next header after the trailer. It repairs nothing.
 */
export class StockReceiver {
  readonly bodies: StockBody[] = [];
  readonly recordings: StockRecording[] = [];
  readonly #encoding: 'legacy' | 'packet';
  readonly #transfers = new Map<string, Transfer>();
  #line: Promise<void> = Promise.resolve();

  constructor(encoding: 'legacy' | 'packet') {
    this.#encoding = encoding;
  }

  /** Takes a message of a channel. @throws {Error} over what a client of the field would stumble over */
  push(channel: number, message: Uint8Array<ArrayBuffer>): void {
    if (this.#encoding === 'legacy') this.#legacy(channel, message);
    else this.#packet(channel, message);
  }

  #legacy(channel: number, [type = -1, ...rest]: Uint8Array<ArrayBuffer>): void {
    const key = `${channel} ${type}`;
    const transfer = this.#transfers.get(key);
    if (rest.length === 0) this.#transfers.delete(key);
    else if (transfer) this.#add({ channel, type, transfer }, transfer.received, Uint8Array.from(rest));
    else this.#begin(key, Number.parseInt(String.fromCharCode(...rest), 10));
  }

  #packet(channel: number, message: Uint8Array<ArrayBuffer>): void {
    const packet = fieldsOf(message);
    const type = packet.number(1);
    const key = `${channel} ${type}`;
    const [header, chunk, recording] = [7, 8, 10].map((field) => packet.nested(field));
    if (header) this.#begin(key, header.number(2));
    else if (chunk) {
      const transfer = this.#transfers.get(key);
      if (!transfer) throw new Error(`a chunk of type ${type} before its header`);
      this.#add({ channel, type, transfer }, chunk.number(2), chunk.bytes(3));
    } else if (packet.nested(9)) this.#transfers.delete(key);
    else if (recording) {
      const path = new TextDecoder().decode(recording.bytes(2));
      this.recordings.push({ isRecording: recording.number(1) === 1, path });
    }
  }

  #begin(key: string, total: number): void {
    this.#transfers.set(key, { body: new Uint8Array(total), received: 0, progress: 0 });
  }

  #add(
    { channel, type, transfer }: { channel: number; type: number; transfer: Transfer },
    offset: number,
    data: Uint8Array<ArrayBuffer>,
  ): void {
    const { body } = transfer;
    body.set(data, offset);
    transfer.received += data.byteLength;
    transfer.progress++;
    if (transfer.received !== body.byteLength) return;
    const { progress, received } = transfer;
    this.#line = this.#line.then(async () => {
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
      this.bodies.push({
        channel,
        type,
        bytes: body.byteLength,
        sha256: Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''),
        text:
          body.byteLength > SHORT_BYTES ? '' : Array.from(body, (byte) => String.fromCharCode(byte)).join(''),
        progress,
        last: [received, body.byteLength],
      });
    });
  }
}

interface Fields {
  number(field: number): number;
  bytes(field: number): Uint8Array<ArrayBuffer>;
  nested(field: number): Fields | undefined;
}

/** The fields of a message of protobuf that has numbers and bytes alone. */
export function fieldsOf(message: Uint8Array<ArrayBuffer>): Fields {
  const found = new Map<number, number | Uint8Array<ArrayBuffer>>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = message[at++];
      if (byte === undefined) throw new Error('a packet is cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
  };
  while (at < message.byteLength) {
    const tag = varint();
    if (tag % 8 === 0) found.set(tag >> 3, varint());
    else {
      const length = varint();
      found.set(tag >> 3, message.subarray(at, at + length));
      at += length;
    }
  }
  return {
    number: (field) => Number(found.get(field) ?? 0),
    bytes: (field) => (found.get(field) ?? new Uint8Array()) as Uint8Array<ArrayBuffer>,
    nested: (field) => {
      const bytes = found.get(field);
      return bytes instanceof Uint8Array ? fieldsOf(bytes) : undefined;
    },
  };
}

/** What a device tells of a recording. */
export interface StockEntry {
  readonly path: string;
  readonly seconds: number;
  readonly thumbnail: string;
}

/** The one recording that a body tells of, in either encoding. */
export function stockEntry(text: string, encoding: 'legacy' | 'packet'): StockEntry {
  if (encoding === 'legacy') {
    const { path, duration, image } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    return { path: String(path), seconds: Number(duration), thumbnail: String(image) };
  }
  const file = fieldsOf(Uint8Array.from(text, (letter) => letter.charCodeAt(0))).nested(1);
  if (!file) throw new Error('a list without a file');
  const words = (field: number): string => new TextDecoder().decode(file.bytes(field));
  return { path: words(1), seconds: file.number(2), thumbnail: words(3) };
}
