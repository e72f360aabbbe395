export type { ListedCamera } from './listed-cameras.ts';
export { LocalBusHub } from './local-bus.ts';
export { RoomCamera, type RoomCameraOptions } from './members/room-camera.ts';
export { RoomOfferCounters, RoomOffers, type RoomOffersOptions } from './members/room-offers.ts';
export { RoomWatch, type RoomWatchHandlers, type RoomWatchOptions } from './members/room-watch.ts';
export type { RoomStandIn, SpeakAs } from './members/stand-in.ts';
export type { BudgetRate } from './message-budget.ts';
export {
  COMPATIBLE_POLICY,
  DEFAULT_ROOM_LIMITS,
  type RoomLimits,
  type RoomPolicy,
  STRICT_POLICY,
} from './policy.ts';
export type { RoomBus, RoomBusHandler } from './room-bus.ts';
export type { RoomClient, RoomPort } from './room-client.ts';
export { RoomCounters } from './room-counters.ts';
export type { AuthorizeToken, RoomIdentity } from './room-identity.ts';
export type { RoomSocket, RoomSocketSink } from './room-socket.ts';
export type { RoomPicture, RoomsOptions } from './room-state.ts';
export { type RoomGauges, Rooms } from './rooms.ts';
export {
  DEFAULT_SOCKET_LIMITS,
  HEARTBEAT_MS,
  RoomsEndpoint,
  type RoomsEndpointOptions,
  type SocketLimits,
  type Visitor,
} from './rooms-endpoint.ts';
