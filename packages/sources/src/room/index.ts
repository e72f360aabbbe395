export type { OpenRoomLink, RoomLink, RoomLinkHandlers } from './room-link.ts';
export { createRoomSource, RoomSource } from './room-source.ts';
export type { RoomCounters, RoomSourceOptions } from './room-source-options.ts';
