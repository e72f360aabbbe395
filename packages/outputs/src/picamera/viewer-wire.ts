import type { SpokenEncoding, TopicFamily, WireEncoding } from '@pinhole/protocol/picamera';
import { sniffRequest } from '@pinhole/protocol/picamera';

/** How viewers are spoken to: as their first message is written, or always so. */
export type WireOption = 'auto' | SpokenEncoding;

/** What to make of a message. */
export type Heard =
  /** It is for whoever answers. */
  | SpokenEncoding
  /** Of no generation, of one that is not spoken here, or of another one than the viewer's. */
  | 'unknown-wire'
  | 'packet-v2'
  | 'foreign-wire';

/**
 * In which generation's words a viewer is spoken to.
 *
 * ```
 *            first message                         any other message
 *  guessed ─────────────────▶ known: its encoding ──────────────────▶ foreign
 *     │ what the topics or the silence suggest
 *     ▼
 *  IPC may be sent
 * ```
 */
export class ViewerWire {
  readonly #family: TopicFamily | undefined;
  #known: WireEncoding | undefined;
  #silent = false;

  constructor(options: { readonly wire: WireOption; readonly family: TopicFamily | undefined }) {
    this.#family = options.family;
    this.#known = options.wire === 'auto' ? undefined : options.wire;
  }

  /** The encoding of the first message, or the one that was configured. */
  get known(): WireEncoding | undefined {
    return this.#known;
  }

  /**
   * What to write in when nobody asked. Undefined while it cannot be told: topics of generations A and B are the same, and what
   * one of them cannot read may put it out of step.
   */
  get spoken(): SpokenEncoding | 'none' | undefined {
    if (this.#known !== undefined) return this.#known === 'packet-v2' ? 'none' : this.#known;
    if (this.#family === 'offer') return 'packet';
    return this.#silent ? 'legacy' : undefined;
  }

  /** The viewer knows of empty results: generation C does, which has topics of its own. */
  get takesEmptyResults(): boolean {
    return this.#family === 'offer' && this.#known === 'packet';
  }

  /** A message came. */
  hear(message: string | Uint8Array): { readonly heard: Heard; readonly isFirst: boolean } {
    const sniffed = sniffRequest(message);
    if (sniffed === undefined) return { heard: 'unknown-wire', isFirst: false };
    const isFirst = this.#known === undefined;
    this.#known ??= sniffed;
    if (sniffed !== this.#known) return { heard: 'foreign-wire', isFirst };
    return { heard: sniffed, isFirst };
  }

  /** The viewer said nothing for a while: it may be one that only listens, of the generation that most are. */
  assumeListener(): void {
    this.#silent = true;
  }
}
