/** What the parameter sets of a stream say; replaced as a whole when they change. */
export interface StreamParameters {
  /** SPS NAL unit as it is sent on, without start code. */
  readonly sps: Uint8Array;
  /** PPS NAL units, without start code, in the order of their ids. */
  readonly pps: readonly Uint8Array[];
  /** For MSE and WebCodecs, e.g. `avc1.42c01f` (RFC 6381 §3.3). */
  readonly codec: string;
  /** For SDP, six hex digits, e.g. `42c01f` (RFC 6184 §8.1). */
  readonly profileLevelId: string;
  /** Picture width in pixels after cropping. */
  readonly width: number;
  /** Picture height in pixels after cropping. */
  readonly height: number;
  /** Frames a second as the VUI tells, when it does. */
  readonly framesPerSecond?: number;
  /** Pictures come in another order than they are shown; WebRTC cannot play that. */
  readonly bFrames: boolean;
}
