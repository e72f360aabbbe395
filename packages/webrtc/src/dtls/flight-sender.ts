import { datagramsOf, type Flight, type RecordWriter } from './flight.ts';

/**
 * When a flight is sent again for the first time. RFC 6347 §4.2.4.1 has one second, for networks of its day; browsers take
 * this, too (BoringSSL in Chromium): a lost datagram costs little, and a datagram too many costs nothing.
 */
const FIRST_TIMEOUT_MS = 50;
const MAX_TIMEOUT_MS = 1000;

/** A peer that does not answer for so long will not. */
const GIVE_UP_AFTER_MS = 30_000;

/** A flight goes out so often again because the peer asks for it, each with at least so much time between. */
const MAX_REPEATS = 16;
const REPEAT_EVERY_MS = 25;

/** Sends a flight, and sends it again: while no answer comes, and when the peer seems not to have got it. */
export class FlightSender {
  readonly #writer: RecordWriter;
  readonly #send: (datagram: Uint8Array) => void;
  readonly #gaveUp: () => void;
  #flight: Flight | undefined;
  #timer: NodeJS.Timeout | undefined;
  #timeoutMs = FIRST_TIMEOUT_MS;
  #sentAgain = false;
  #waitedMs = 0;
  #repeats = 0;
  #sentAtMs = 0;

  constructor(options: {
    readonly writer: RecordWriter;
    readonly send: (datagram: Uint8Array) => void;
    /** Called once, when no answer came for long. */
    readonly gaveUp: () => void;
  }) {
    this.#writer = options.writer;
    this.#send = options.send;
    this.#gaveUp = options.gaveUp;
  }

  /** Sends a flight until the next one, or until `rest`. */
  start(flight: Flight): void {
    // What was lost once is likely to be lost again: RFC 6347 §4.2.4.1 keeps the time until something got through at once.
    if (!this.#sentAgain) this.#timeoutMs = FIRST_TIMEOUT_MS;
    this.#sentAgain = false;
    this.#flight = flight;
    this.#repeats = 0;
    this.#transmit();
    this.#arm();
  }

  /** The peer sends its own flight again: ours got lost. */
  repeat(): void {
    const due = performance.now() - this.#sentAtMs >= REPEAT_EVERY_MS;
    if (due && this.#repeats++ < MAX_REPEATS) this.#transmit();
  }

  /** Sends the flight again only when the peer asks for it. */
  rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Sends nothing any more. */
  stop(): void {
    this.rest();
    this.#flight = undefined;
  }

  #transmit(): void {
    if (!this.#flight) return;
    this.#sentAtMs = performance.now();
    for (const datagram of datagramsOf(this.#flight, this.#writer)) this.#send(datagram);
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#again(), this.#timeoutMs);
  }

  #again(): void {
    this.#waitedMs += this.#timeoutMs;
    if (this.#waitedMs >= GIVE_UP_AFTER_MS) {
      this.stop();
      this.#gaveUp();
      return;
    }
    this.#sentAgain = true;
    this.#timeoutMs = Math.min(this.#timeoutMs * 2, MAX_TIMEOUT_MS);
    this.#transmit();
    this.#arm();
  }
}
