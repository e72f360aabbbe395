import { type HandshakeMessage, serializeMessage } from './handshake-message.ts';

/** The messages of both ends, of which proofs and keys are made; and the numbers of our own. */
export class Transcript {
  #messages: Uint8Array[] = [];
  #sequence = 0;

  /** All so far, one behind the other. */
  get bytes(): Uint8Array {
    return Buffer.concat(this.#messages);
  }

  /** Takes a message of the peer. */
  add(message: HandshakeMessage): void {
    this.#messages.push(serializeMessage(message));
  }

  /** Makes the next message of ours. */
  write(type: number, body: Uint8Array): HandshakeMessage {
    const message = { type, sequence: this.#sequence++, body };
    this.add(message);
    return message;
  }

  /** Forgets the hello that was answered with a cookie (RFC 6347 §4.2.1). */
  restart(): void {
    this.#messages = [];
  }
}
