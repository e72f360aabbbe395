/** How a page and a camera find each other. */
export type SignalingKind = 'mqtt' | 'websocket';

/** `lossy` is fast and forgets, `reliable` repeats until it arrived. */
export type IpcMode = 'lossy' | 'reliable';

/** Codecs that a picture may be asked for in. */
export type VideoCodec = 'H264' | 'VP8' | 'VP9' | 'AV1';

/** What a {@link PiCamera} is made with. An option that is `undefined` has its default. */
export interface IPiCameraOptions {
  /** Default `mqtt`: straight to the device; `websocket`: by an SFU server. */
  readonly signaling?: SignalingKind | undefined;
  /** The device's `--uid`. */
  readonly deviceUid?: string | undefined;
  /** Newer name of `deviceUid`. */
  readonly uid?: string | undefined;
  readonly mqttHost?: string | undefined;
  /** Default `/mqtt`. */
  readonly mqttPath?: string | undefined;
  /** Port of the broker's WebSocket. Default 8884; empty text (`location.port` of most pages) is the protocol's own. */
  readonly mqttPort?: number | string | undefined;
  /** `wss` (default) or `ws`. */
  readonly mqttProtocol?: string | undefined;
  readonly mqttUsername?: string | undefined;
  readonly mqttPassword?: string | undefined;
  /** Address of the SFU server, `wss://…`. */
  readonly websocketUrl?: string | undefined;
  readonly apiKey?: string | undefined;
  /** Name in the SFU server's room. Default: a random one. */
  readonly userId?: string | undefined;
  readonly roomId?: string | undefined;
  /** None, where left out or null: for a local network or a VPN. */
  readonly stunUrls?: readonly string[] | null | undefined;
  /** Used with `turnUsername` and `turnPassword` only. */
  readonly turnUrl?: string | undefined;
  /** Newer name of `turnUrl`. */
  readonly turnUrls?: string | readonly string[] | undefined;
  readonly turnUsername?: string | undefined;
  readonly turnPassword?: string | undefined;
  /** Milliseconds to connect within; 0 is no limit. Default 10000. */
  readonly timeout?: number | undefined;
  /** No picture and no sound. Default false. */
  readonly datachannelOnly?: boolean | undefined;
  /** Opens a channel for `sendMessage`; none unless told. */
  readonly ipcMode?: IpcMode | undefined;
  /** Default true: asks for the microphone when connecting. */
  readonly isMicOn?: boolean | undefined;
  /** Default true. */
  readonly isSpeakerOn?: boolean | undefined;
  /** Of no effect: nothing is drawn on anybody's picture. */
  readonly credits?: boolean | undefined;
  /** Offers this codec alone; by MQTT only. */
  readonly codec?: VideoCodec | undefined;
}
