/** A program that gives its parent a bound UDP socket of the network that the program runs in, and ends. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';

/** A key frame waits there while its reader does something else. */
const RECEIVE_BYTES = 2 * 1024 * 1024;

process.once('disconnect', () => process.exit());
const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BYTES });
socket.bind(0);
await once(socket, 'listening');
process.send?.('bound', socket, () => process.disconnect());
