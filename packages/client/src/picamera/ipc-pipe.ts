import { CmdType } from '@pinhole/protocol/picamera';
import type { Gate } from './gate.ts';
import { PiCameraError, type PiCameraErrorCode } from './picamera-error.ts';
import type { Tell } from './picamera-events.ts';
import type { IpcMode } from './picamera-options.ts';
import { ChannelReader, type Wire } from './wire.ts';

/** What a pipe needs of the connection. */
export interface IpcPipeOptions {
  readonly mode: IpcMode;
  readonly wire: Wire;
  /** None where it is assumed how the device writes. */
  readonly gate?: Gate;
  readonly tell: Tell;
  /** @returns false when it was not sent: the channel is not open, or too much waits */
  readonly send: (message: string | Uint8Array) => boolean;
  readonly maxMessageBytes: () => number;
}

/** Messages to and from the programs beside a camera. */
export class IpcPipe {
  readonly #options: IpcPipeOptions;
  readonly #reader: ChannelReader;

  constructor(options: IpcPipeOptions) {
    this.#options = options;
    this.#reader = new ChannelReader(options.wire);
  }

  /** Sends a message whole, in order, once it is known how. The bytes are copied. */
  say(payload: Uint8Array): void {
    const copy = payload.slice();
    const { gate, tell } = this.#options;
    const entry = {
      what: 'the message',
      run: () => this.#send(copy),
      failed: (error: PiCameraError) => tell('onError', error),
    };
    if (gate) gate.pass(entry);
    else entry.run();
  }

  /** Takes a message of the channel. */
  receive(message: Uint8Array | string): void {
    const { tell, mode } = this.#options;
    for (const answer of this.#reader.push(message, performance.now())) {
      if (answer.kind === 'recording' || answer.kind === 'foreign' || answer.of !== 'custom') continue;
      if (answer.kind === 'progress') tell('onProgress', answer.received, answer.total, CmdType.CUSTOM);
      else if (answer.kind === 'completed' && answer.body) {
        const bytes = answer.body as Uint8Array<ArrayBuffer>;
        tell('onMessage', new TextDecoder().decode(bytes), bytes);
      } else if (answer.kind === 'lost' && mode === 'reliable') {
        this.#error('picamera/transfer-damaged', `a message came incomplete (${answer.why})`);
      }
    }
  }

  #send(payload: Uint8Array): void {
    const { wire, send, maxMessageBytes } = this.#options;
    if (wire.encoding === 'legacy' && (payload.byteLength === 0 || !isText(payload))) {
      this.#error('picamera/value', 'devices of the first generation take text only, and no empty one');
      return;
    }
    const [message] = wire.encode({ kind: 'custom', payload });
    if (message === undefined) return;
    const size = typeof message === 'string' ? message.length : message.byteLength;
    if (size > maxMessageBytes()) {
      this.#error(
        'picamera/too-large',
        `the message has ${payload.byteLength} bytes; browsers send ${maxMessageBytes()}`,
      );
    } else if (!send(message)) {
      this.#error(
        'picamera/not-open',
        'the message was not sent: the channel is not open, or too much waits',
      );
    }
  }

  #error(code: PiCameraErrorCode, message: string): void {
    this.#options.tell('onError', new PiCameraError(code, message));
  }
}

function isText(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
