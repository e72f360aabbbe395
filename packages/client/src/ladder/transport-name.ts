/** A way to carry the pictures. */
export type TransportName = 'webrtc' | 'websocket';
