import { type Logger, messageOf } from '@pinhole/core';
import type { DataChannel } from '@pinhole/engine';
import { channelRoom } from './channel-room.ts';
import type { FairTurns } from './fair-turns.ts';
import type { TransferBody } from './transfer-body.ts';
import type { TransferTally } from './transfer-counters.ts';

/** How one transfer is put into messages. */
export interface TransferFraming {
  /** A message carries no more of the body. */
  readonly chunkBytes: number;
  header(totalBytes: number): Uint8Array;
  chunk(offset: number, bytes: Uint8Array): Uint8Array;
  /** @param reason why it ends early; empty when it is whole */
  trailer(reason: string): Uint8Array;
}

/** Makes what is to be sent, one after the other, when its turn has come. */
export type TransferWork = (signal: AbortSignal) => AsyncIterable<TransferBody>;

/** What a line of transfers is made with. */
export interface TransferLineOptions {
  readonly channel: DataChannel;
  /** A new one for each transfer. */
  readonly framing: () => TransferFraming;
  /** Bodies that a receiver never completes are left out where it does not know empty ones. */
  readonly emptyBodies: 'sent' | 'left-out';
  readonly turns: FairTurns;
  readonly tally: TransferTally;
  readonly log: Logger;
}

/** Requests that may wait behind the one that is being answered. */
export const MOST_WAITING = 16;

/** Bytes that may wait on the command channel, of the 1 MiB of a viewer. */
export const COMMAND_WAITING_BYTES = 512 * 1024;

/**
 * The transfers of one type to one viewer, strictly one after the other, trailer and all, before the next begins: receivers
 * tell them apart by their type only. What is sent is read when there is room for it, so that a large file takes no more
 * memory than a small one.
 */
export class TransferLine {
  readonly #options: TransferLineOptions;
  readonly #waiting: TransferWork[] = [];
  readonly #end = new AbortController();
  #running = false;

  constructor(options: TransferLineOptions) {
    this.#options = options;
  }

  /** Requests that wait. */
  get length(): number {
    return this.#waiting.length;
  }

  /** Sends what the work makes, behind what was asked for before. @returns false when too many wait already */
  add(work: TransferWork): boolean {
    if (this.#end.signal.aborted || this.#waiting.length >= MOST_WAITING) return false;
    this.#waiting.push(work);
    if (!this.#running) void this.#run();
    return true;
  }

  /** Ends what is being sent and forgets what waits, at once. May be called again. */
  close(): void {
    this.#waiting.length = 0;
    this.#end.abort();
  }

  async #run(): Promise<void> {
    this.#running = true;
    const { signal } = this.#end;
    for (let work = this.#waiting.shift(); work; work = this.#waiting.shift()) {
      try {
        for await (const body of work(signal)) {
          if (signal.aborted) await body.close();
          else await this.#send(body);
        }
      } catch (thrown) {
        // What is expected to fail is told by the work itself.
        this.#options.log.error({ error: messageOf(thrown) }, 'a request could not be answered');
      }
    }
    this.#running = false;
  }

  async #send(body: TransferBody): Promise<void> {
    const { tally, framing, emptyBodies, log } = this.#options;
    const { signal } = this.#end;
    if (body.sizeBytes === 0 && emptyBodies === 'left-out') {
      await body.close();
      return;
    }
    const frames = framing();
    tally.begun++;
    try {
      await this.#put(frames.header(body.sizeBytes));
      const trouble = await this.#sendBody(body, frames);
      await this.#put(frames.trailer(trouble ?? ''));
      if (signal.aborted) tally.cancelled++;
      else if (trouble === undefined) tally.completed++;
      else {
        tally.failed++;
        log.warn({ error: trouble }, 'a transfer was broken off');
      }
    } catch (thrown) {
      if (!(thrown instanceof ChannelRefusal)) throw thrown;
      if (signal.aborted) tally.cancelled++;
      else {
        tally.failed++;
        // The next one's header must not be taken for a part of this one.
        this.#options.channel.send(frames.trailer('the channel took no more'));
        log.warn({ bytes: body.sizeBytes }, 'a channel took no more of a transfer');
      }
    } finally {
      await body.close();
    }
  }

  /** @returns why the body could not be read to its end */
  async #sendBody(body: TransferBody, frames: TransferFraming): Promise<string | undefined> {
    const { channel, turns, tally } = this.#options;
    const { signal } = this.#end;
    for (let at = 0; at < body.sizeBytes && !signal.aborted; ) {
      const length = Math.min(frames.chunkBytes, body.sizeBytes - at);
      await channelRoom(channel, { bytes: length, mostBytes: COMMAND_WAITING_BYTES, signal });
      if (signal.aborted) return undefined;
      let bytes: Uint8Array;
      try {
        bytes = await turns.take(() => body.read(at, length));
      } catch (thrown) {
        return messageOf(thrown);
      }
      await this.#put(frames.chunk(at, bytes));
      at += length;
      tally.bytes += length;
    }
    return undefined;
  }

  async #put(message: Uint8Array): Promise<void> {
    const { channel } = this.#options;
    const { signal } = this.#end;
    const { byteLength: bytes } = message;
    await channelRoom(channel, { bytes, mostBytes: COMMAND_WAITING_BYTES, signal });
    if (signal.aborted || !channel.send(message)) throw new ChannelRefusal();
  }
}

/** The channel takes nothing more. */
class ChannelRefusal extends Error {}
