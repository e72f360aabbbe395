/** A way to carry the pictures. */
export type TransportName = 'webrtc' | 'websocket' | 'janus';

/** A way to carry the pictures of a Pinhole server. */
export type ServerTransportName = Exclude<TransportName, 'janus'>;
