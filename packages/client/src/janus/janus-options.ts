/** A Janus, one of its plugins, and what is asked of that. */
export interface JanusOptions {
  /**
   * `ws://host:8188` or `wss:` for WebSocket, `http://host:8088/janus` or `https:` for HTTP with long poll. One without a
   * scheme, like `/janus/ws`, is a WebSocket on the page's own host.
   */
  readonly url: string;
  /** Default `janus.plugin.ustreamer`. */
  readonly plugin?: string;
  /**
   * The body by which the plugin is asked for its offer, e.g. `{ request: 'watch', id: 1 }` for
   * `janus.plugin.streaming`. Default `{ request: 'watch' }`.
   */
  readonly watch?: Readonly<Record<string, unknown>>;
  /** Janus's `api_secret`. Whoever reads the page has it, too. */
  readonly secret?: string;
  /** Of Janus's token authentication. */
  readonly token?: string;
  /** STUN and TURN servers; none unless told. */
  readonly iceServers?: readonly RTCIceServer[];
  /** Whether sound is received, if the plugin offers any; the element stays muted until somebody unmutes it. Default `off`. */
  readonly audio?: 'off' | 'on';
}
