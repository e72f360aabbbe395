/** A player for pictures that come by WebSocket. */
export type WebSocketPlayerName = 'webcodecs' | 'mse' | 'jpeg';

/** A thing that decodes and shows; the browser's own is `native`. */
export type PlayerName = 'native' | WebSocketPlayerName;
