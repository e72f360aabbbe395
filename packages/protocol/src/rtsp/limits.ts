/** What one message, and what lies between two, may take up at most; far above what any camera sends. */
export interface RtspLimits {
  /** Start line and header fields. */
  readonly headBytes: number;
  readonly headerFields: number;
  readonly bodyBytes: number;
  /** Bytes in a row that belong to nothing. */
  readonly strayBytes: number;
}

/** The limits unless told. */
export const RTSP_LIMITS: RtspLimits = {
  headBytes: 16 * 1024,
  headerFields: 100,
  bodyBytes: 256 * 1024,
  strayBytes: 128 * 1024,
};
