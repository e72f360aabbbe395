import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A program beside a camera that says back what it hears, whole messages with their length before them. */
export async function startEchoProgram(path: string): Promise<Socket> {
  const socket = connect(path);
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.byteLength >= 4 && rest.byteLength >= 4 + rest.readUInt32BE()) {
      const end = 4 + rest.readUInt32BE();
      socket.write(rest.subarray(0, end));
      rest = rest.subarray(end);
    }
  });
  await once(socket, 'connect');
  return socket;
}
