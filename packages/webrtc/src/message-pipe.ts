import type { DataChannel } from './data-channel.ts';
import { SecondWindow } from './second-window.ts';
import type { TextPipe } from './text-pipe.ts';

/** The label of the channel that carries our messages. */
export const PIPE_LABEL = 'pinhole';

/** What waits to be sent beyond this is dropped: these messages are worth nothing late. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Messages a second that a peer may send; more are dropped. */
const MESSAGES_A_SECOND = 50;

/** A data channel as a pipe of text messages: what is no text is passed over. */
export function messagePipeOf(channel: DataChannel): TextPipe {
  const window = new SecondWindow(MESSAGES_A_SECOND);
  const listeners = new Set<(text: string) => void>();
  channel.subscribe((message) => {
    if (!window.take(1) || typeof message !== 'string') return;
    for (const listener of listeners) listener(message);
  });
  return {
    send: (text) => channel.bufferedAmount <= MAX_WAITING_BYTES && channel.send(text),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    closed: (listener) => channel.closed(listener),
    close: () => channel.close(),
  };
}
