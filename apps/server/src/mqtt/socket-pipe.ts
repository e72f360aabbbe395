import type { PlainSink, PlainSocket } from '@pinhole/outputs/sockets';
import type { BrokerInput, BrokerPipe } from '@pinhole/signaling/broker';

const NORMAL = 1000;
/** Text where there may only be bytes (RFC 6455 §7.4.1). */
const WRONG_KIND = 1003;
/** The other side may take so long over its goodbye. */
const GOODBYE_MS = 1000;

/** A WebSocket as a pipe for MQTT; where packets begin and end in its messages does not matter (MQTT 5 §6). */
export function socketPipe(
  socket: PlainSocket,
  { address, identified }: { readonly address: string; readonly identified: () => void },
  accept: (pipe: BrokerPipe) => BrokerInput,
): PlainSink {
  let force: NodeJS.Timeout | undefined;
  const end = (code: number): void => {
    socket.close(code, '');
    force ??= setTimeout(() => socket.terminate(), GOODBYE_MS);
  };
  const input = accept({
    address,
    identified,
    get bufferedBytes() {
      return socket.bufferedBytes;
    },
    write: (bytes) => socket.sendBytes(bytes),
    end: () => end(NORMAL),
  });
  return {
    text: () => end(WRONG_KIND),
    binary: (message) => input.bytes(message),
    alive: () => {}, // MQTT has a keep-alive of its own
    closed: () => {
      clearTimeout(force);
      input.closed();
    },
  };
}
