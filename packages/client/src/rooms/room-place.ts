import { DEFAULT_ROOM, parseRoomClientMessage, RoomMessageError } from '@pinhole/protocol/rooms';
import { type Patience, Waiting } from './patience.ts';
import type { RoomServerMessageOf } from './room-messages.ts';
import type { JoinOptions } from './room-options.ts';
import type { RoomSession } from './room-session.ts';
import { isFinal, RoomsError, refusalOf } from './rooms-error.ts';

/** What {@link RoomPlace} works with. */
export interface RoomPlaceOptions {
  readonly session: Pick<RoomSession, 'send' | 'state' | 'isModern'>;
  /** How long the server may take over an answer. */
  readonly timeoutMs: number;
  /** In a room, for the first time or again. */
  readonly entered: (message: RoomServerMessageOf<'joined'>) => void;
  /** No longer in the room, or not connected. */
  readonly left: () => void;
  /** Coming back to the room failed; it is tried again unless the server would refuse the same again. */
  readonly failed: (error: RoomsError) => void;
}

interface Join {
  readonly room: string;
  readonly options: JoinOptions;
}

/** Before a room is tried again that would not take this client after a reconnect. */
const REJOIN_MS = 2000;

/**
 * The room that a client is in, or is to be in when it is connected again. Joins and leaves run one after the other:
 * their answers do not say what they answer.
 */
export class RoomPlace {
  readonly #options: RoomPlaceOptions;
  #room: string | null = null;
  /** Where it is to be, also after a reconnect. */
  #wanted: Join | undefined;
  #joining: Waiting<string> | undefined;
  #leaving: Waiting<string> | undefined;
  #turns: Promise<unknown> = Promise.resolve();
  #rejoinTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: RoomPlaceOptions) {
    this.#options = options;
  }

  get room(): string | null {
    return this.#room;
  }

  /** @throws {RoomsError} `rooms/not-connected`, `rooms/bad-name`, `rooms/refused`, … */
  async join(room: string, options: JoinOptions, patience: Patience): Promise<void> {
    const join = { room, options: checkedOptions(room, options) };
    await this.#inTurn(() => this.#join(join, patience));
    this.#wanted = join;
  }

  /** @throws {RoomsError} `rooms/not-in-room`, … */
  async leave(patience: Patience): Promise<void> {
    if (this.#room === null && this.#wanted === undefined)
      throw new RoomsError('rooms/not-in-room', 'this client is in no room');
    this.forget();
    await this.#inTurn(() => this.#leave(patience));
    this.#nowhere();
  }

  /** It does not come back. */
  forget(): void {
    clearTimeout(this.#rejoinTimer);
    this.#wanted = undefined;
  }

  /** There is a connection: back to where it was. */
  connected(): void {
    if (this.#wanted !== undefined) this.#rejoin();
  }

  /** There is none any more; who waits for an answer hears why. */
  disconnected(error: RoomsError): void {
    clearTimeout(this.#rejoinTimer);
    this.#joining?.reject(error);
    this.#leaving?.reject(error);
    this.#nowhere();
  }

  handleJoined(message: RoomServerMessageOf<'joined'>): void {
    if (this.#room !== null && this.#room !== message.room) this.#nowhere();
    this.#room = message.room;
    this.#joining?.resolve(message.room);
    this.#options.entered(message);
  }

  handleLeft({ room }: RoomServerMessageOf<'left'>): void {
    this.#leaving?.resolve(room);
  }

  /** @returns whether it answers a join or leave of this client */
  handleError(message: RoomServerMessageOf<'error'>): boolean {
    const asked = { join: this.#joining, leave: this.#leaving }[message.re ?? ''];
    asked?.reject(refusalOf(message));
    return asked !== undefined;
  }

  #nowhere(): void {
    const was = this.#room;
    this.#room = null;
    if (was !== null) this.#options.left();
  }

  #rejoin(): void {
    clearTimeout(this.#rejoinTimer);
    this.#inTurn(async () => {
      if (this.#wanted !== undefined) await this.#join(this.#wanted, {});
    }).catch((error: RoomsError) => {
      // A connection that was lost is looked after elsewhere.
      if (this.#wanted === undefined || this.#options.session.state !== 'open') return;
      if (isFinal(error)) this.#wanted = undefined;
      else this.#rejoinTimer = setTimeout(() => this.#rejoin(), Math.max(REJOIN_MS, error.retryAfterMs ?? 0));
      this.#options.failed(error);
    });
  }

  async #join({ room, options }: Join, patience: Patience): Promise<void> {
    const waiting = this.#waiting(`joining room "${room}"`, patience);
    this.#joining = waiting;
    this.#send(waiting, { type: 'join', room, ...options });
    try {
      await waiting.promise;
    } finally {
      this.#joining = undefined;
    }
  }

  async #leave(patience: Patience): Promise<void> {
    const { session } = this.#options;
    if (session.state !== 'open') return;
    if (!session.isModern) {
      // The first version knows no way out but into another room.
      await this.#join({ room: DEFAULT_ROOM, options: {} }, patience);
      return;
    }
    const waiting = this.#waiting('leaving the room', patience);
    this.#leaving = waiting;
    this.#send(waiting, { type: 'leave' });
    try {
      await waiting.promise;
    } finally {
      this.#leaving = undefined;
    }
  }

  #waiting(what: string, patience: Patience): Waiting<string> {
    return new Waiting<string>(what, { timeoutMs: this.#options.timeoutMs, ...patience });
  }

  #send(waiting: Waiting<string>, message: Parameters<RoomSession['send']>[0]): void {
    if (!waiting.settled && !this.#options.session.send(message)) waiting.reject(notConnected());
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#turns.then(work);
    this.#turns = turn.catch(() => {});
    return turn;
  }
}

/** Something was asked for that needs the server. */
export const notConnected = (): RoomsError =>
  new RoomsError('rooms/not-connected', 'not connected to the server: call connect() first');

/** What the server will take. @throws {RoomsError} `rooms/bad-name` */
function checkedOptions(room: string, given: JoinOptions): JoinOptions {
  const { deviceType, cameraId, name, capabilities } = given;
  const options: JoinOptions = {
    ...(deviceType !== undefined && { deviceType }),
    ...(cameraId !== undefined && { cameraId }),
    ...(name !== undefined && { name }),
    ...(capabilities !== undefined && { capabilities }),
  };
  try {
    parseRoomClientMessage(JSON.stringify({ type: 'join', room, ...options }));
  } catch (cause) {
    if (!(cause instanceof RoomMessageError)) throw cause;
    throw new RoomsError('rooms/bad-name', `room "${room}" cannot be joined like this: ${cause.message}`, {
      cause,
    });
  }
  return options;
}
