/** A way to carry the pictures. */
export type TransportName = ServerTransportName | 'janus';

/** A way to carry the pictures of a Pinhole server. */
export type ServerTransportName = 'webrtc' | 'websocket';
