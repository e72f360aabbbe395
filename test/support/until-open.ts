import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** Waits until somebody listens at a TCP port. @throws {Error} when nobody does after 15 s */
export async function untilOpen(port: number, address = '127.0.0.1'): Promise<void> {
  for (const deadline = Date.now() + 15_000; ; await pause(20)) {
    const socket = connect(port, address);
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    if (Date.now() > deadline) throw new Error(`nobody listens at ${address}:${port}`);
  }
}
