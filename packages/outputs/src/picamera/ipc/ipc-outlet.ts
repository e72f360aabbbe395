import type { DataChannel } from '@pinhole/engine';
import type { SpokenEncoding } from '@pinhole/protocol/picamera';
import { answerFraming } from '../answer-framing.ts';
import type { IpcAudience, IpcSocket } from './ipc-socket.ts';

/** What a viewer's channel for messages is made with. */
export interface IpcOutletOptions {
  readonly channel: DataChannel;
  readonly kind: 'lossy' | 'reliable';
  readonly socket: IpcSocket;
  /** What to write in; undefined while nobody knows, `none` when the viewer would not understand. */
  readonly encoding: () => SpokenEncoding | 'none' | undefined;
}

/** Bytes that may wait on each channel for messages, of the 1 MiB of a viewer. */
const IPC_WAITING_BYTES = 128 * 1024;
/** Bytes that may wait before each of them. */
const IPC_QUEUE_BYTES = 128 * 1024;

/** Local programs are held up from here on. */
const BEHIND_BYTES = IPC_QUEUE_BYTES / 2;

/** A message takes so much beside its bytes. */
const MESSAGE_COST_BYTES = 64;

/**
 * What local programs say to one viewer, on one of its channels. On the reliable one messages wait for a viewer that is behind;
 * on the lossy one they are left out: what is late there is worth nothing.
 */
export class IpcOutlet implements IpcAudience {
  readonly #options: IpcOutletOptions;
  readonly #queue: Uint8Array[] = [];
  readonly #leave: () => void;
  #queuedBytes = 0;
  #waiting = false;
  #behind = false;
  #closed = false;

  constructor(options: IpcOutletOptions) {
    this.#options = options;
    this.#leave = options.socket.join(this);
  }

  get isBehind(): boolean {
    return this.#behind;
  }

  take(message: Uint8Array): void {
    const { kind, socket, encoding } = this.#options;
    const spoken = encoding();
    if (spoken === 'none') return;
    if (spoken === undefined) {
      this.#push(message);
      while (this.#queuedBytes > IPC_QUEUE_BYTES) {
        this.#shift();
        socket.tally.droppedHeld++;
      }
      return;
    }
    if (this.#queue.length === 0 && this.#send(message, spoken) !== 'no-room') return;
    if (kind === 'lossy') socket.tally.droppedLossy++;
    else if (this.#queuedBytes + message.byteLength + MESSAGE_COST_BYTES > IPC_QUEUE_BYTES)
      socket.tally.droppedReliable++;
    else {
      this.#push(message);
      this.#behind = this.#queuedBytes > BEHIND_BYTES;
      this.#wait();
    }
  }

  /** Sends what waits: room came to be, or it is known by now what to write in. */
  flush(): void {
    const spoken = this.#options.encoding();
    if (this.#closed || spoken === undefined) return;
    if (spoken === 'none') {
      while (this.#queue.length > 0) this.#shift();
    } else {
      for (let [message] = this.#queue; message !== undefined; [message] = this.#queue) {
        if (this.#send(message, spoken) === 'no-room') break;
        this.#shift();
      }
    }
    if (this.#queue.length > 0) this.#wait();
    if (this.#behind && this.#queuedBytes <= BEHIND_BYTES / 2) {
      this.#behind = false;
      this.#options.socket.caughtUp(this);
    }
  }

  /** Takes no more. May be called again. */
  close(): void {
    this.#closed = true;
    this.#queue.length = 0;
    this.#leave();
  }

  #push(message: Uint8Array): void {
    this.#queue.push(message);
    this.#queuedBytes += message.byteLength + MESSAGE_COST_BYTES;
  }

  #shift(): void {
    this.#queuedBytes -= (this.#queue.shift()?.byteLength ?? 0) + MESSAGE_COST_BYTES;
  }

  /** The whole transfer or nothing: a part of one would be another's beginning to its receiver. */
  #send(message: Uint8Array, encoding: SpokenEncoding): 'sent' | 'no-room' | 'refused' {
    const { channel, socket, kind } = this.#options;
    const framing = answerFraming(encoding, 'custom');
    const frames = [framing.header(message.byteLength), framing.chunk(0, message)];
    const trailer = framing.trailer('');
    const bytes = frames.reduce((sum, { byteLength }) => sum + byteLength, trailer.byteLength);
    if (channel.bufferedAmount + bytes > IPC_WAITING_BYTES) return 'no-room';
    const isWhole = frames.every((frame) => channel.send(frame));
    if (channel.send(trailer) && isWhole) {
      socket.tally.toViewers++;
      return 'sent';
    }
    // Closed, or longer than the viewer takes: waiting would not help.
    if (kind === 'lossy') socket.tally.droppedLossy++;
    else socket.tally.droppedReliable++;
    return 'refused';
  }

  #wait(): void {
    if (this.#waiting) return;
    this.#waiting = true;
    this.#options.channel.whenAtMost(IPC_WAITING_BYTES / 2, () => {
      this.#waiting = false;
      this.flush();
    });
  }
}
