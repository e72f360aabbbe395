type Operation =
  | { readonly kind: 'append'; readonly chunks: Uint8Array[]; sizeBytes: number }
  | { readonly kind: 'clear' }
  | { readonly kind: 'type'; readonly mimeType: string };

/** What an append queue needs. */
export interface AppendQueueOptions {
  /** After each operation. */
  readonly updated: () => void;
  /** The buffer cannot be used any more. */
  readonly failed: (thrown: unknown) => void;
  /** Frees room before the playhead. @returns false when there is none to free */
  readonly makeRoom: (buffer: SourceBuffer) => boolean;
  /** Nothing is appended while this is false. */
  readonly wantsMedia: () => boolean;
}

/** More than this waiting, and the reader is told to leave out the rest up to the next key frame. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** Runs the operations of a source buffer one after the other; appends that wait are joined into one. */
export class AppendQueue {
  #buffer: SourceBuffer | undefined;
  readonly #options: AppendQueueOptions;
  readonly #abort = new AbortController();
  readonly #waiting: Operation[] = [];
  #waitingBytes = 0;
  #retried = false;

  constructor(options: AppendQueueOptions) {
    this.#options = options;
  }

  /** The buffer is there: what waited is appended. */
  use(buffer: SourceBuffer): void {
    const { signal } = this.#abort;
    this.#buffer = buffer;
    buffer.addEventListener(
      'updateend',
      () => {
        this.#run();
        this.#options.updated();
      },
      { signal },
    );
    const rejected = (): void => this.#options.failed(new Error('the browser rejected the media'));
    buffer.addEventListener('error', rejected, { signal });
    this.#run();
  }

  /** Too much waits: leave out units up to the next key unit. */
  get full(): boolean {
    return this.#waitingBytes > MAX_WAITING_BYTES;
  }

  /** Appends media or an init segment. */
  append(bytes: Uint8Array): void {
    const last = this.#waiting.at(-1);
    this.#waitingBytes += bytes.byteLength;
    if (last?.kind === 'append') {
      last.chunks.push(bytes);
      last.sizeBytes += bytes.byteLength;
    } else this.#waiting.push({ kind: 'append', chunks: [bytes], sizeBytes: bytes.byteLength });
    this.#run();
  }

  /** What is appended from now on has another codec. */
  changeType(mimeType: string): void {
    this.#waiting.push({ kind: 'type', mimeType });
    this.#run();
  }

  /** Removes all media; what waits is not appended. */
  clear(): void {
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#waiting.push({ kind: 'clear' });
    this.#run();
  }

  /** Removes media before `endSeconds` unless the buffer is busy: then the next time does it. */
  trim(endSeconds: number): void {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || buffer.buffered.length === 0) return;
    if (buffer.buffered.start(0) >= endSeconds) return;
    try {
      buffer.remove(0, endSeconds);
    } catch (thrown) {
      this.#options.failed(thrown);
    }
  }

  /** Goes on after the browser wants media again. */
  resume(): void {
    this.#run();
  }

  /** Stops for good. */
  close(): void {
    this.#abort.abort();
    this.#waiting.length = 0;
  }

  #run(): void {
    const buffer = this.#buffer;
    while (buffer && !this.#abort.signal.aborted && !buffer.updating && this.#options.wantsMedia()) {
      const operation = this.#waiting[0];
      if (!operation) return;
      try {
        if (operation.kind === 'type') buffer.changeType(operation.mimeType);
        else if (operation.kind === 'clear') buffer.remove(0, Number.POSITIVE_INFINITY);
        else buffer.appendBuffer(joined(operation.chunks, operation.sizeBytes));
      } catch (thrown) {
        this.#refused(buffer, thrown);
        return;
      }
      this.#waiting.shift();
      this.#retried = false;
      if (operation.kind === 'append') this.#waitingBytes -= operation.sizeBytes;
    }
  }

  #refused(buffer: SourceBuffer, thrown: unknown): void {
    const quota = thrown instanceof DOMException && thrown.name === 'QuotaExceededError';
    if (quota && !this.#retried && this.#options.makeRoom(buffer)) this.#retried = true;
    else this.#options.failed(thrown);
  }
}

function joined(chunks: readonly Uint8Array[], sizeBytes: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}
