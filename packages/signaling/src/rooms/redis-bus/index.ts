export { RedisRoomBus, type RedisRoomBusOptions } from './redis-room-bus.ts';
