import { type Micros, PinholeError } from '@pinhole/core';
import { type FootageFragment, frameTicks, readFootageFragment } from './footage-fragment.ts';
import type { FootageIndex } from './footage-index.ts';
import { FootageSplitter } from './footage-splitter.ts';

/** Where footage goes. */
export interface FootageSink {
  /** What is loaded. */
  readonly index: FootageIndex;
  /** What comes before pictures that are coded otherwise. @returns false when it cannot be appended to what is there */
  init(bytes: Uint8Array, contentType: string): boolean;
  fragment(fragment: FootageFragment): void;
  /** Resolves when there is room for more. */
  room(signal: AbortSignal): Promise<void>;
}

/** What became of an answer: pictures were appended, it had none that are new, or none that can be appended here. */
export type ChunkOutcome = 'appended' | 'nothing-new' | 'other-tracks';

/**
 * Appends what of an answer is not loaded yet. An answer begins with a key frame, so it mostly begins with pictures that are
 * there; they are left out unless what is new cannot be decoded without.
 *
 * @throws {PinholeError} `recordings/unreachable` when it breaks off; {MalformedError} `fmp4/*`
 */
export async function appendChunk(
  response: Response,
  {
    sink,
    origin,
    signal,
  }: { readonly sink: FootageSink; readonly origin: Micros; readonly signal: AbortSignal },
): Promise<ChunkOutcome> {
  const splitter = new FootageSplitter();
  const filter = new NewFragments(sink.index);
  let header: Uint8Array | undefined;
  let outcome: ChunkOutcome = 'nothing-new';
  for await (const bytes of bodyOf(response, signal)) {
    for (const segment of splitter.push(bytes)) {
      if (segment.kind === 'init') {
        header = segment.bytes;
        continue;
      }
      const read = readFootageFragment(segment.bytes, { origin });
      for (const fragment of read ? filter.take(read) : []) {
        if (header !== undefined && !sink.init(header, response.headers.get('content-type') ?? ''))
          return 'other-tracks';
        header = undefined;
        sink.fragment(fragment);
        outcome = 'appended';
      }
    }
    await sink.room(signal);
    if (signal.aborted) break;
  }
  return outcome;
}

/** The fragments of an answer that add to what is loaded. */
class NewFragments {
  readonly #loadedEnd: number | undefined;
  #begun = false;
  /** Those that are loaded already, from the last key frame on. */
  #known: FootageFragment[] = [];

  constructor(index: FootageIndex) {
    this.#loadedEnd = index.end;
  }

  take(fragment: FootageFragment): readonly FootageFragment[] {
    if (this.#begun || this.#loadedEnd === undefined) return [fragment];
    const tolerance = frameTicks(fragment) * 0.6;
    if (fragment.end <= this.#loadedEnd + tolerance) {
      if (fragment.key) this.#known = [];
      this.#known.push(fragment);
      return [];
    }
    this.#begun = true;
    const follows = fragment.key || fragment.start >= this.#loadedEnd - tolerance;
    // It begins in the midst of what is loaded: a decoder needs what comes before it once more.
    return follows ? [fragment] : [...this.#known, fragment];
  }
}

/** The bytes of an answer; its connection is closed when nobody wants more. */
async function* bodyOf(response: Response, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } catch (cause) {
    if (signal.aborted || cause instanceof PinholeError) throw cause;
    throw new PinholeError('recordings/unreachable', 'The connection to the server broke off.', { cause });
  } finally {
    void reader.cancel().catch(() => {});
  }
}
