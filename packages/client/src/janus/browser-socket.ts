import { messageOf } from '@pinhole/core';
import { JANUS_SUBPROTOCOL } from '@pinhole/protocol/janus';
import { type JanusSocketOpener, passingFault } from '@pinhole/protocol/janus-session';

/** Opens the browser's WebSockets to a Janus. */
export const browserSocket =
  (url: string): JanusSocketOpener =>
  ({ opened, text, closed }) => {
    const { host } = new URL(url);
    const lost = (why: string): void => closed(passingFault('janus/unreachable', why));
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, JANUS_SUBPROTOCOL);
    } catch (thrown) {
      queueMicrotask(() => lost(`This page may not connect to ${host} (${messageOf(thrown)}).`));
      return { send: () => {}, close: () => {} };
    }
    let wasOpen = false;
    socket.addEventListener('open', () => {
      wasOpen = true;
      opened();
    });
    socket.addEventListener('message', ({ data: payload }: MessageEvent<unknown>) => {
      if (typeof payload === 'string') text(payload);
    });
    socket.addEventListener('close', ({ code }) =>
      lost(
        wasOpen
          ? `The connection to Janus at ${host} broke (${code}).`
          : `No Janus answers at ${host}: it is not there, or lets nobody in here.`,
      ),
    );
    return {
      send: (message) => {
        if (socket.readyState === WebSocket.OPEN) socket.send(message);
      },
      close: () => socket.close(),
    };
  };
