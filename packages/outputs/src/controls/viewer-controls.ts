import { type Logger, type Micros, messageOf, micros, PinholeError } from '@pinhole/core';
import type { CameraControls, ControlAuthor, ControlValue, Identity } from '@pinhole/engine';
import {
  type ControlClientMessage,
  type ControlServerMessage,
  serializeControlMessage,
} from '@pinhole/protocol/live';
import { TokenBucket } from '../live/token-bucket.ts';
import { controlsText, wireUnkept } from './wire-controls.ts';

/** What a viewer's controls are made with. */
export interface ViewerControlsOptions {
  /** The camera's id. */
  readonly camera: string;
  readonly controls: CameraControls;
  /** Whose changes these are, and whether there may be any. */
  readonly who: Identity;
  /** @returns false when the message was dropped */
  readonly send: (text: string) => boolean;
  readonly now: () => Micros;
  readonly log: Logger;
}

/** Changes a second of one viewer in the long run, and at once after a pause. A slider needs about ten. */
const CHANGES = { perSecond: 15, burst: 30 } as const;

/** The whole list goes out no more often than this when it is asked for again and again. */
const LIST_EVERY = micros(1_000_000);

/** A message takes no more. */
const MAX_MESSAGE_CHARACTERS = 1000;

/**
 * Controls of one camera for one viewer, whatever carries the messages: tells what there is and what changes once the
 * viewer asked for it, and does what it asks for if its rights allow that.
 */
export class ViewerControls {
  readonly #options: ViewerControlsOptions;
  readonly #changes: TokenBucket;
  #stops: (() => void)[] = [];
  #missed = false;
  #listedAt = micros(Number.NEGATIVE_INFINITY);
  #refused = 0;

  constructor(options: ViewerControlsOptions) {
    this.#options = options;
    this.#changes = new TokenBucket({ ...CHANGES, now: options.now() });
  }

  /** Changes of this viewer that were refused: no right, too many, or a value that would not do. */
  get refused(): number {
    return this.#refused;
  }

  /** Does what the viewer asks for; never throws. */
  handle(message: ControlClientMessage): void {
    if (message.type === 'watch-controls') this.#watch();
    else void this.#answer(message);
  }

  /** Says again what did not get through. Called every second. */
  beat(): void {
    if (this.#missed) this.#sendAll();
  }

  /** Tells nothing more. May be called again. */
  close(): void {
    for (const stop of this.#stops) stop();
    this.#stops = [];
    this.#missed = false;
  }

  #watch(): void {
    if (this.#stops.length === 0) {
      const { events } = this.#options.controls;
      this.#stops = [
        events.on('changed', (change) => this.#send({ type: 'control', ...change })),
        events.on('described', () => this.#sendAll()),
        events.on('unkept', (unkept) =>
          this.#send({
            type: 'controls-unkept',
            ...(unkept && { unkept: wireUnkept(unkept, this.#options.now()) }),
          }),
        ),
      ];
    }
    if (this.#options.now() - this.#listedAt >= LIST_EVERY) this.#sendAll();
    else this.#missed = true;
  }

  #sendAll(): void {
    const { camera, controls, now, log, send } = this.#options;
    this.#listedAt = now();
    const { unkept } = controls;
    const { text, leftOut } = controlsText(
      { mayControl: this.#mayControl, ...(unkept && { unkept: wireUnkept(unkept, now()) }) },
      controls.list(),
    );
    if (leftOut > 0) log.warn({ camera, leftOut }, 'more controls than a message takes');
    this.#missed = !send(text);
  }

  #send(message: ControlServerMessage): void {
    if (!this.#options.send(serializeControlMessage(message))) this.#missed = true;
  }

  async #answer(message: Exclude<ControlClientMessage, { type: 'watch-controls' }>): Promise<void> {
    const { requestId } = message;
    try {
      this.#check();
      const value = await this.#carryOut(message);
      this.#send({ type: 'control-result', requestId, ...(value !== undefined && { value }) });
    } catch (thrown) {
      this.#refused++;
      const known = thrown instanceof PinholeError;
      if (!known) this.#options.log.error({ error: messageOf(thrown) }, 'a control could not be changed');
      const error = known
        ? { code: thrown.code, message: thrown.message.slice(0, MAX_MESSAGE_CHARACTERS) }
        : { code: 'control/failed', message: 'the server failed' };
      this.#send({ type: 'control-result', requestId, error });
    }
  }

  async #carryOut(
    message: Exclude<ControlClientMessage, { type: 'watch-controls' }>,
  ): Promise<ControlValue | undefined> {
    const { controls, who } = this.#options;
    const author: ControlAuthor = { by: who.tokenId };
    switch (message.type) {
      case 'set-control':
        return await controls.set(message.id, message.value, {
          ...author,
          ...(message.keep && { keep: message.keep }),
        });
      case 'reset-controls':
        await controls.reset(message.id, author);
        return undefined;
      case 'keep-controls':
        controls.keep();
        return undefined;
      case 'revert-controls':
        await controls.revert();
        return undefined;
    }
  }

  get #mayControl(): boolean {
    return this.#options.who.rights?.some((right) => right === 'control' || right === 'admin') ?? false;
  }

  #check(): void {
    const { camera, now } = this.#options;
    if (!this.#mayControl) {
      throw new PinholeError('auth/forbidden', `this token lacks the right "control" for camera "${camera}"`);
    }
    if (!this.#changes.take(now())) {
      throw new PinholeError(
        'control/too-many-changes',
        `more than ${CHANGES.perSecond} changes a second; wait for each result before the next`,
      );
    }
  }
}
