/** What is downloaded. */
export interface Download {
  /** What the file is called unless the person says otherwise. */
  readonly name: string;
  /** Asks for it; from a byte on, where it is still the same, after a break. */
  open(rest: { readonly from: number; readonly etag: string } | undefined): Promise<Response>;
}

/** How a download goes on. */
export interface DownloadProgress {
  readonly bytes: number;
  readonly totalBytes?: number;
}

interface Place {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** What was written is void. */
  restart(): Promise<void>;
  finish(): Promise<void>;
  cancel(): Promise<void>;
}

const MOST_TRIES = 6;
const RETRY_MS = 1_500;

/**
 * Brings a file to the disk of the person who asked, without its address, or a token in one, in the browser's lists: by the
 * file system where the browser lets a page write to it, else by memory. A break in the network is gone on after.
 *
 * @returns false when the person chose no place for it
 * @throws {Error} in words for people
 */
export async function saveDownload(
  download: Download,
  options: { readonly signal: AbortSignal; readonly progress: (progress: DownloadProgress) => void },
): Promise<boolean> {
  const place = await choosePlace(download.name);
  if (place === undefined) return false;
  try {
    await transfer(download, place, options);
    await place.finish();
    return true;
  } catch (thrown) {
    await place.cancel();
    throw thrown;
  }
}

async function transfer(
  download: Download,
  place: Place,
  { signal, progress }: Parameters<typeof saveDownload>[1],
): Promise<void> {
  let bytes = 0;
  let etag: string | null = null;
  for (let tries = 1; ; tries++) {
    const rest = etag === null || bytes === 0 ? undefined : { from: bytes, etag };
    const response = await download.open(rest);
    if (rest !== undefined && response.status !== 206) {
      await place.restart();
      bytes = 0;
    }
    etag = response.headers.get('etag');
    const length = Number(response.headers.get('content-length') ?? Number.NaN);
    const total = Number.isFinite(length) ? { totalBytes: bytes + length } : {};
    try {
      const reader = response.body?.getReader();
      for (let read = await reader?.read(); read?.done === false; read = await reader?.read()) {
        signal.throwIfAborted();
        await place.write(read.value);
        bytes += read.value.byteLength;
        progress({ bytes, ...total });
      }
      return;
    } catch (thrown) {
      // Only what the server can be asked for from the middle on can be gone on with.
      if (signal.aborted || etag === null || !(thrown instanceof TypeError)) throw inWords(thrown);
      if (tries >= MOST_TRIES)
        throw new Error(`The download broke off ${MOST_TRIES} times.`, { cause: thrown });
      await new Promise((later) => setTimeout(later, RETRY_MS));
    }
  }
}

const inWords = (thrown: unknown): unknown =>
  thrown instanceof TypeError ? new Error('The download broke off. Try again.', { cause: thrown }) : thrown;

type Picker = (options: { readonly suggestedName: string }) => Promise<FileSystemFileHandle>;

async function choosePlace(name: string): Promise<Place | undefined> {
  const { showSaveFilePicker: pick } = globalThis as { readonly showSaveFilePicker?: Picker };
  if (pick === undefined) return inMemory(name);
  try {
    const handle = await pick.call(globalThis, { suggestedName: name });
    return onDisk(handle);
  } catch (thrown) {
    if (thrown instanceof DOMException && thrown.name === 'AbortError') return undefined;
    // A browser that has it and does not allow it here.
    return inMemory(name);
  }
}

async function onDisk(handle: FileSystemFileHandle): Promise<Place> {
  const file = await handle.createWritable();
  return {
    write: (bytes) => file.write(bytes),
    restart: async () => {
      await file.truncate(0);
      await file.seek(0);
    },
    finish: () => file.close(),
    cancel: () => file.abort().catch(() => {}),
  };
}

/** Browsers keep large blobs on the disk themselves; how large one may be differs. */
function inMemory(name: string): Place {
  let parts: Uint8Array<ArrayBuffer>[] = [];
  const nothing = Promise.resolve();
  return {
    write: (bytes) => {
      parts.push(bytes);
      return nothing;
    },
    restart: () => {
      parts = [];
      return nothing;
    },
    finish: () => {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob(parts, { type: 'video/mp4' }));
      link.download = name;
      link.click();
      // The browser has to take hold of the address before it goes.
      setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
      return nothing;
    },
    cancel: () => {
      parts = [];
      return nothing;
    },
  };
}

/** What somebody should know before a download; nothing where any size will do. */
export const downloadLimit = (): string | undefined =>
  'showSaveFilePicker' in globalThis
    ? undefined
    : 'This browser keeps a download in its memory until it is whole: up to some 2 GB. Over https, Chrome and Edge write to the disk at once.';
