export {
  type ClientSocket,
  type ClientSocketEnd,
  type ClientSocketHandlers,
  type ClientSocketOptions,
  openClientSocket,
} from './client-socket.ts';
export {
  type MessageSink,
  type MessageSocket,
  MessageSockets,
  type MessageSocketsOptions,
} from './message-sockets.ts';
export { type PlainSink, type PlainSocket, PlainSockets } from './plain-sockets.ts';
