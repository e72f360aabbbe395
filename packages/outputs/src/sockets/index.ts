export {
  type MessageSink,
  type MessageSocket,
  MessageSockets,
  type MessageSocketsOptions,
} from './message-sockets.ts';
