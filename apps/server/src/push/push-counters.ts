/** What came of pictures that were sent in, all since the start. */
export interface PushCounters {
  /** POST requests and WebSockets that were let in. */
  connections: number;
  picturesTaken: number;
  picturesNotJpeg: number;
  picturesTooLarge: number;
  picturesTooOften: number;
  /** Text on a WebSocket: it is not ours to understand. */
  textsIgnored: number;
}

/** All zero. */
export const newPushCounters = (): PushCounters => ({
  connections: 0,
  picturesTaken: 0,
  picturesNotJpeg: 0,
  picturesTooLarge: 0,
  picturesTooOften: 0,
  textsIgnored: 0,
});
