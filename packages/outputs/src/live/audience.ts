import type { Micros } from '@pinhole/core';
import type { Camera, SourceState, StreamParameters } from '@pinhole/engine';
import { type LiveSourceState, serializeLiveMessage } from '@pinhole/protocol/live';
import type { Framing } from './framing.ts';

/** Takes the texts that all viewers of a camera get. */
export interface AudienceMember {
  sendText(text: string): void;
}

/** What an audience is made with. */
export interface AudienceOptions {
  readonly camera: Camera;
  readonly framing: Framing;
  /** The newest of what they watch. */
  readonly newest: () => { readonly captureTime: Micros; readonly sequence: number } | undefined;
}

/** A text on the wire is at most this long. */
const MAX_TEXT = 1000;

/** Those who watch the same of one camera, and what is made once for all of them. */
export class Audience {
  readonly framing: Framing;
  readonly #options: AudienceOptions;
  readonly #members = new Set<AudienceMember>();
  #stopListening: (() => void) | undefined;
  #config: { readonly parameters: StreamParameters; readonly text: string } | undefined;

  constructor(options: AudienceOptions) {
    this.#options = options;
    this.framing = options.framing;
  }

  /** Viewers now. */
  get size(): number {
    return this.#members.size;
  }

  add(member: AudienceMember): void {
    this.#members.add(member);
    this.#stopListening ??= this.#options.camera.events.on('state', () => this.sendStatus());
  }

  remove(member: AudienceMember): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    this.#stopListening?.();
    this.#stopListening = undefined;
  }

  /** The heartbeat; also sent when the source's state changes. */
  sendStatus(): void {
    const text = this.status();
    for (const member of this.#members) member.sendText(text);
  }

  /** What the camera is doing. */
  status(): string {
    const newest = this.#options.newest();
    return serializeLiveMessage({
      type: 'status',
      source: wireState(this.#options.camera.state),
      ...(newest && { lastCaptureUs: newest.captureTime, lastSequence: newest.sequence % 2 ** 32 }),
    });
  }

  /** What a decoder is set up with. */
  config(parameters: StreamParameters): string {
    if (this.#config?.parameters !== parameters) {
      const { codec, width, height, bFrames } = parameters;
      const text = serializeLiveMessage({ type: 'config', codec, width, height, bFrames });
      this.#config = { parameters, text };
    }
    return this.#config.text;
  }
}

const wireState = (state: SourceState): LiveSourceState =>
  'why' in state ? { ...state, why: state.why.slice(0, MAX_TEXT) } : state;
