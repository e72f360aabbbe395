import type { DataChannel } from '@pinhole/engine';

/**
 * Waits until a message of this length can be added to what waits on a channel, without more than `mostBytes` waiting then.
 * Returns at once when the signal aborts; the channel may be closed by then, too.
 */
export async function channelRoom(
  channel: DataChannel,
  options: { readonly bytes: number; readonly mostBytes: number; readonly signal: AbortSignal },
): Promise<void> {
  const { bytes, mostBytes, signal } = options;
  const least = Math.max(0, mostBytes - bytes);
  // Others wait for the same room, and one of them may have been first.
  while (!signal.aborted && channel.bufferedAmount > least) {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
      channel.whenAtMost(Math.floor(least / 2), done);
    });
    // Of a channel that closes all are called at once, and it may hold bytes for good.
    if (channel.bufferedAmount > least) await new Promise(setImmediate);
  }
}
