/** Packet types that RFC 6184 §5.4 adds to the NAL unit types; what neither names nor H.264 defines is not read. */
export const H264_PACKET_TYPE = { stapA: 24, fuA: 28 } as const;

/** Bytes before the first NAL unit of a STAP-A (§5.7.1). */
export const STAP_A_HEADER_BYTES = 1;

/** Bytes before each NAL unit in a STAP-A: its size. */
export const STAP_A_SIZE_BYTES = 2;

/** FU indicator and FU header (§5.8). */
export const FU_A_HEADER_BYTES = 2;

/** FU header: first fragment of its NAL unit. */
export const FU_START = 0x80;

/** FU header: last fragment of its NAL unit. */
export const FU_END = 0x40;
