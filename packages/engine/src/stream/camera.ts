import { Emitter, type Micros, messageOf, micros, PinholeError } from '@pinhole/core';
import { CameraControls } from '../control/camera-controls.ts';
import { JoinedControls } from '../control/joined-controls.ts';
import type { AbortSwitch, CameraOptions } from './camera-options.ts';
import { type DemandInput, type DemandState, stepDemand } from './demand.ts';
import type { JpegPicture } from './jpeg-picture.ts';
import { notLive } from './not-live.ts';
import { Pictures } from './pictures.ts';
import { passCodedSound, type SoundStage } from './sound-stage.ts';
import type { MediaKind, Source, SourceDescription, SourceSink, SourceState } from './source.ts';
import { Stream } from './stream.ts';
import type { StreamParameters } from './stream-parameters.ts';
import { Waiters } from './waiters.ts';

/** What a camera tells. */
export interface CameraEvents {
  state: SourceState;
}

interface Run {
  readonly abort: AbortSwitch;
  readonly sound: SoundStage;
  readonly done: Promise<void>;
}

/** A source that gave up is not started again within this time, however many viewers come. */
const RESTART_PAUSE = micros(2_000_000);

/** A named camera: its source, run while somebody wants it, and its stream. */
export class Camera {
  readonly id: string;
  readonly label: string;
  readonly stream: Stream;
  /** The JPEG pictures of a source that makes those. */
  readonly pictures = new Pictures();
  /** What can be changed of it. */
  readonly controls: CameraControls;
  readonly events = new Emitter<CameraEvents>();
  readonly #options: CameraOptions;
  readonly #waiters = new Waiters();
  readonly #wanted: Record<MediaKind, number> = { units: 0, pictures: 0 };
  #demand: DemandState = { kind: 'idle' };
  #state: SourceState = { kind: 'idle' };
  #run: Run | undefined;
  #closed = false;
  /** The source gave up, and was told something else since. */
  #tryAgain = false;
  #gaveUpAt = micros(Number.NEGATIVE_INFINITY);
  #wantedSince: Micros | undefined;
  #firstFrameDelay: Micros | undefined;

  constructor(options: CameraOptions) {
    this.#options = options;
    this.id = options.id;
    this.label = options.label ?? options.id;
    const { source, adjusts, now, log } = options;
    this.controls = new CameraControls({
      camera: options.id,
      source: adjusts ? new JoinedControls(source, adjusts) : source,
      now,
      log,
      changed: () => {
        this.#tryAgain = this.#state.kind === 'failed';
      },
    });
    this.stream = new Stream({
      ...options.stream,
      ...(source.describe().keyFrameOnRequest && { requestKeyFrame: () => source.requestKeyFrame() }),
    });
  }

  /** What the source is doing. */
  get state(): SourceState {
    return this.#state;
  }

  get source(): Source {
    return this.#options.source;
  }

  /** The smaller stream of the same picture; runs while somebody needs it. */
  get sub(): Camera | undefined {
    return this.#options.sub;
  }

  get description(): SourceDescription {
    return this.#options.source.describe();
  }

  /** Viewers and others that want the source to run now. */
  get holders(): number {
    return this.#demand.kind === 'wanted' ? this.#demand.holders : 0;
  }

  /** From the last start of the source to its first picture. */
  get firstFrameDelay(): Micros | undefined {
    return this.#firstFrameDelay;
  }

  /**
   * Wants the source to run, and to make this kind.
   * @returns a function that ends the wish; it may be called again.
   */
  acquire(kind: MediaKind = 'units'): () => void {
    this.#want(kind, 1);
    this.#step('acquire');
    let held = true;
    return () => {
      if (!held) return;
      held = false;
      this.#want(kind, -1);
      this.#step('release');
    };
  }

  /**
   * Waits until the stream can be described to a viewer. The caller holds the camera by `acquire` meanwhile.
   * @throws {PinholeError} `camera/not-live` with the source's state in words: it failed, or `deadline` passed.
   */
  ready(options: { readonly deadline: Micros }): Promise<StreamParameters> {
    return this.#until(() => this.stream.parameters, options.deadline);
  }

  /**
   * The newest JPEG picture of a camera that makes those; where it has none, or is not live, the next one. The caller
   * holds the camera by `acquire('pictures')` meanwhile.
   * @throws {PinholeError} `camera/not-live`, as `ready` does
   */
  picture(options: { readonly deadline: Micros }): Promise<JpegPicture> {
    const old = this.#state.kind === 'live' ? undefined : this.pictures.last;
    const newer = (): JpegPicture | undefined =>
      this.pictures.last === old ? undefined : this.pictures.last;
    return this.#until(newer, options.deadline);
  }

  /** Does what has come due. Called a few times a second. */
  tick(): void {
    const now = this.#options.now();
    if (this.#options.always && this.#demand.kind !== 'wanted') this.#step('acquire');
    this.#step('tick');
    if (this.#tryAgain && this.#demand.kind === 'wanted' && !this.#run) this.#start();
    this.stream.tick(now);
    this.#options.sub?.tick();
    this.controls.tick();
    this.#waiters.expire(now, () => this.#notLive());
  }

  /** Stops the source for good; nobody starts it any more. Resolves when everything it opened is closed. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#demand = { kind: 'idle' };
    const run = this.#run;
    this.#stop();
    this.#waiters.refuse(() => this.#notLive());
    await Promise.all([run?.done, this.#options.sub?.close()]);
  }

  #until<T>(look: () => T | undefined, deadline: Micros): Promise<T> {
    const known = this.#run && look();
    if (known) return Promise.resolve(known);
    if (this.#closed || this.#state.kind === 'failed') return Promise.reject(this.#notLive());
    return this.#waiters.wait(look, deadline);
  }

  #want(kind: MediaKind, holders: 1 | -1): void {
    const before = this.#wanted[kind];
    this.#wanted[kind] += holders;
    if (before > 0 === this.#wanted[kind] > 0) return;
    const kinds = (['units', 'pictures'] as const).filter((each) => this.#wanted[each] > 0);
    this.#options.source.want?.(new Set(kinds));
  }

  #step(input: DemandInput): void {
    const { linger = micros(10_000_000), now } = this.#options;
    this.#demand = stepDemand(this.#demand, input, { linger, now: now() });
    if (this.#demand.kind === 'idle') this.#stop();
    else if (!this.#run && input === 'acquire') this.#start();
  }

  #start(): void {
    const { source, openAbort, openSound = passCodedSound, log, now } = this.#options;
    if (this.#closed || now() - this.#gaveUpAt < RESTART_PAUSE) return;
    const abort = openAbort();
    const startedAt = now();
    this.#wantedSince = startedAt;
    this.#tryAgain = false;
    this.controls.started();
    this.stream.restart();
    this.pictures.restart();
    this.#change({ kind: 'connecting' });
    const sound = openSound((frame) => {
      if (!abort.signal.aborted) this.stream.writeAudio(frame);
    });
    const sink: SourceSink = {
      write: (unit) => {
        if (abort.signal.aborted) return;
        this.stream.write(unit, now());
        if (this.stream.parameters) this.#noteFrame();
      },
      audio: (frame) => {
        if (!abort.signal.aborted) sound.write(frame);
      },
      picture: (picture) => {
        if (abort.signal.aborted) return;
        this.pictures.write(picture, now());
        this.#noteFrame();
      },
      state: (state) => {
        if (!abort.signal.aborted) this.#change(state);
      },
      controlsChanged: () => this.controls.touch(),
    };
    log.info({ camera: this.id }, 'source started');
    const done = source.start(sink, { signal: abort.signal }).then(
      () => this.#ended(abort),
      (thrown: unknown) => {
        const code = thrown instanceof PinholeError ? thrown.code : 'source/crashed';
        log.error({ camera: this.id, code, error: messageOf(thrown) }, 'source gave up');
        this.#gaveUpAt = now();
        this.#ended(abort, { kind: 'failed', code, why: messageOf(thrown) });
      },
    );
    this.#run = { abort, sound, done };
  }

  #ended(abort: AbortSwitch, state: SourceState = { kind: 'idle' }): void {
    if (this.#run?.abort !== abort) return;
    this.#run.sound.close();
    this.#run = undefined;
    this.#change(state);
  }

  #stop(): void {
    if (!this.#run) return;
    this.#run.abort.abort();
    this.#run.sound.close();
    this.#run = undefined;
    this.#options.log.info({ camera: this.id }, 'source stopped');
    this.#change({ kind: 'idle' });
  }

  #noteFrame(): void {
    if (this.#wantedSince !== undefined) {
      this.#firstFrameDelay = micros(this.#options.now() - this.#wantedSince);
      this.#wantedSince = undefined;
    }
    this.#waiters.look();
  }

  #change(state: SourceState): void {
    this.#state = state;
    if (state.kind === 'failed') this.#waiters.refuse(() => this.#notLive());
    this.events.emit('state', state);
    this.controls.handleState(state);
  }

  #notLive(): PinholeError {
    return notLive(this.id, this.#state);
  }
}
