import type { Recorder } from '../recorder/recorder.ts';

/** What a viewer is told of its recording. */
export interface RecordingAnswer {
  readonly isRecording: boolean;
  /** Absolute path of the file that is being written, or was finished; empty while there is none. */
  readonly path: string;
}

/** What a viewer's recording needs. */
export interface ViewerRecordingOptions {
  readonly recorder: Pick<Recorder, 'start' | 'stop' | 'state' | 'events'>;
  /** Stands in the file. */
  readonly who: string;
  readonly answer: (answer: RecordingAnswer) => void;
  /** Its file could not be completed. */
  readonly failed: (thrown: unknown) => void;
}

/** A file has its name when the first key frame is written. */
const NAME_PATIENCE_MS = 5000;

/** The on-demand recording that one viewer started, and that ends with it. */
export class ViewerRecording {
  readonly #options: ViewerRecordingOptions;
  readonly #offState: () => void;
  #id: string | undefined;
  #path = '';
  #line: Promise<void> = Promise.resolve();
  #named: (() => void) | undefined;

  constructor(options: ViewerRecordingOptions) {
    this.#options = options;
    this.#offState = options.recorder.events.on('state', (state) => this.#follow(state));
  }

  /**
   * Starts it, or says that it runs already.
   * @throws {PinholeError} `recorder/*`
   */
  start(): void {
    const { recorder, who } = this.#options;
    if (this.#id === undefined) {
      this.#path = '';
      this.#id = recorder.start({ who, reason: 'a viewer asked for it' }).id;
      this.#follow(recorder.state);
    }
    this.#then(async () => {
      await this.#name();
      if (this.#id !== undefined) this.#options.answer({ isRecording: true, path: this.#path });
    });
  }

  /** Ends it; says so, whether it ran or not. */
  stop(): void {
    const id = this.#id;
    this.#id = undefined;
    this.#named?.();
    this.#then(async () => {
      if (id !== undefined) await this.#options.recorder.stop(id);
      this.#options.answer({ isRecording: false, path: this.#path });
    });
  }

  /** Ends it without a word: the viewer is gone. May be called again. */
  close(): void {
    this.#offState();
    this.#named?.();
    const id = this.#id;
    this.#id = undefined;
    if (id !== undefined) void this.#options.recorder.stop(id);
  }

  #follow({ by, onDemand }: Recorder['state']): void {
    if (this.#id === undefined) return;
    if (onDemand.file !== undefined) {
      this.#path = onDemand.file;
      this.#named?.();
    }
    if (by.some(({ id }) => id === this.#id)) return;
    // It reached its limit, or somebody who may do so ended it.
    this.#id = undefined;
    this.#named?.();
    this.#options.answer({ isRecording: false, path: this.#path });
  }

  async #name(): Promise<void> {
    if (this.#path !== '' || this.#id === undefined) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, NAME_PATIENCE_MS);
      this.#named = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#named = undefined;
  }

  #then(work: () => Promise<void>): void {
    this.#line = this.#line.then(work).catch(this.#options.failed);
  }
}
