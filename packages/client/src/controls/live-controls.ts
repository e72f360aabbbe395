import { Emitter, type Listener, type Millis, millis, PinholeError } from '@pinhole/core';
import {
  type ControlServerMessage,
  parseControlServerMessage,
  type WireUnkept,
} from '@pinhole/protocol/live';
import { localNow } from '../clock/local-clock.ts';
import type { LivePlayer } from '../live-player.ts';
import { ControlRequests } from './control-requests.ts';
import type { Control, ControlValue } from './control-types.ts';

/** Risky changes that are taken back unless somebody keeps them. */
export interface UnkeptControls {
  readonly controls: readonly { readonly id: string; readonly previous: ControlValue }[];
  /** The id of the token that made the last of them. */
  readonly by: string;
  /** When, in milliseconds since 1970 of a clock that never steps: `performance.timeOrigin + performance.now()`. */
  readonly revertAt: Millis;
}

/** A camera's controls as they are now. */
export interface ControlsState {
  /** Whether this token may change anything. */
  readonly mayControl: boolean;
  readonly controls: readonly Control[];
  readonly unkept?: UnkeptControls;
}

/** What the controls tell. */
export interface LiveControlsEvents {
  /** After every change, whoever made it. */
  readonly state: ControlsState;
  /** One value changed; `by` is a token's id, `revert` when a risky change was taken back. */
  readonly control: { readonly id: string; readonly value: ControlValue; readonly by: string };
}

/** A slider gives many values a second; the server takes so many. */
const SET_EVERY_MS = 80;

/** The connection on the page may be too young for messages: it is asked again so often, and so many times. */
const ASK_AGAIN_MS = 1000;
const MAX_ASKED = 10;

interface Drag {
  wanted: ControlValue | undefined;
  readonly done: Promise<ControlValue>;
}

/**
 * The controls of a player's camera, by the connection that brings the picture: what there is, what changes, and changes
 * of one's own.
 *
 * ```ts
 * const controls = new LiveControls(player);
 * controls.on('state', ({ controls }) => draw(controls));
 * await controls.set('brightness', 10);
 * ```
 */
export class LiveControls {
  readonly #player: Pick<LivePlayer, 'on' | 'say'>;
  readonly #emitter = new Emitter<LiveControlsEvents>({
    onListenerError: (thrown) => reportError(thrown),
  });
  readonly #requests: ControlRequests;
  readonly #drags = new Map<string, Drag>();
  readonly #stops: (() => void)[];
  #state: ControlsState | undefined;
  #asking: ReturnType<typeof setInterval> | undefined;
  #malformed = 0;
  #closed = false;

  constructor(player: Pick<LivePlayer, 'on' | 'say'>) {
    this.#player = player;
    this.#requests = new ControlRequests((message) => player.say(message));
    this.#stops = [
      player.on('message', (text) => this.#read(text)),
      player.on('transport', () => {
        this.#ask();
        this.#requests.repeat();
      }),
    ];
    this.#ask();
  }

  /** What is known; undefined before the server told, or when it knows no controls. */
  get state(): ControlsState | undefined {
    return this.#state;
  }

  /** Messages about controls that could not be read. */
  get malformed(): number {
    return this.#malformed;
  }

  /**
   * Calls `listener` at each `name` from now on.
   * @returns a function that ends it
   */
  on<Name extends keyof LiveControlsEvents>(
    name: Name,
    listener: Listener<LiveControlsEvents[Name]>,
  ): () => void {
    return this.#emitter.on(name, listener);
  }

  /**
   * Changes one control. Called again before the answer, as a slider does, only the last value is sent after it.
   * @returns the value that holds then
   * @throws {PinholeError} what the server says (`control/*`, `auth/forbidden`), `client/no-answer`, `client/closed`
   */
  set(id: string, value: ControlValue): Promise<ControlValue> {
    const dragged = this.#drags.get(id);
    if (dragged) {
      dragged.wanted = value;
      return dragged.done;
    }
    const drag: Drag = { wanted: value, done: Promise.resolve().then(() => this.#send(id, drag)) };
    this.#drags.set(id, drag);
    return drag.done;
  }

  /** Gives one control its default, or all. @throws {PinholeError} as `set` does */
  async reset(id?: string): Promise<void> {
    await this.#requests.ask({ type: 'reset-controls', ...(id === undefined ? {} : { id }) });
  }

  /** Risky changes stay. @throws {PinholeError} as `set` does */
  async keep(): Promise<void> {
    await this.#requests.ask({ type: 'keep-controls' });
  }

  /** Risky changes are taken back now. @throws {PinholeError} as `set` does */
  async revert(): Promise<void> {
    await this.#requests.ask({ type: 'revert-controls' });
  }

  /** Tells nothing more. May be called again. */
  close(): void {
    this.#closed = true;
    clearInterval(this.#asking);
    for (const stop of this.#stops) stop();
    this.#requests.close();
  }

  async #send(id: string, drag: Drag): Promise<ControlValue> {
    let value: ControlValue | undefined;
    try {
      while (drag.wanted !== undefined) {
        if (this.#closed) throw new PinholeError('client/closed', 'The controls were closed.');
        const wanted = drag.wanted;
        drag.wanted = undefined;
        const pause = new Promise((resolve) => setTimeout(resolve, SET_EVERY_MS));
        value = (await this.#requests.ask({ type: 'set-control', id, value: wanted })) ?? wanted;
        await pause;
      }
    } finally {
      this.#drags.delete(id);
    }
    return value ?? false;
  }

  #ask(): void {
    clearInterval(this.#asking);
    let asked = 0;
    const ask = (): void => {
      this.#player.say({ type: 'watch-controls' });
      if (++asked >= MAX_ASKED) clearInterval(this.#asking);
    };
    this.#asking = setInterval(ask, ASK_AGAIN_MS);
    ask();
  }

  #read(text: string): void {
    let message: ControlServerMessage;
    try {
      message = parseControlServerMessage(text);
    } catch {
      this.#malformed++;
      return;
    }
    switch (message.type) {
      case 'controls': {
        clearInterval(this.#asking);
        const { mayControl, controls, unkept } = message;
        this.#tell({ mayControl, controls, ...(unkept && { unkept: withDeadline(unkept) }) });
        break;
      }
      case 'control': {
        const { id, value, by } = message;
        if (this.#state) this.#tell({ ...this.#state, controls: withValue(this.#state.controls, id, value) });
        this.#emitter.emit('control', { id, value, by });
        break;
      }
      case 'controls-unkept': {
        if (!this.#state) break;
        const { mayControl, controls } = this.#state;
        this.#tell({ mayControl, controls, ...(message.unkept && { unkept: withDeadline(message.unkept) }) });
        break;
      }
      case 'control-result':
        this.#requests.settle(message);
    }
  }

  #tell(state: ControlsState): void {
    this.#state = state;
    this.#emitter.emit('state', state);
  }
}

const withDeadline = ({ controls, by, revertInMs }: WireUnkept): UnkeptControls => ({
  controls,
  by,
  revertAt: millis(localNow() + revertInMs),
});

/** A value of another type than the control's is none of it. */
const withValue = (controls: readonly Control[], id: string, value: ControlValue): readonly Control[] =>
  controls.map((control) =>
    control.id === id && 'value' in control && typeof control.value === typeof value
      ? ({ ...control, value } as Control)
      : control,
  );
