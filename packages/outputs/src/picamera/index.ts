export type { IpcCounters } from './ipc/ipc-counters.ts';
export { type IpcFraming, MAX_IPC_MESSAGE_BYTES } from './ipc/ipc-framing.ts';
export { IpcSocket, type IpcSocketOptions } from './ipc/ipc-socket.ts';
export type { PicameraChannels, PicameraViewer } from './picamera-channels.ts';
export {
  PASSED_OVER,
  type PassedOver,
  type PicameraCounters,
  REFUSALS,
  type RefusalReason,
} from './picamera-counters.ts';
export {
  createPicameraChannels,
  PICAMERA_CHANNELS,
  type PicameraChannelsOptions,
  type PicameraDevice,
} from './picamera-device.ts';
export type { TransferCounters } from './transfer/transfer-counters.ts';
export type { WireOption } from './viewer-wire.ts';
