/** The longest message of the relay, in either direction. */
export const MAX_SFU_BYTES = 262_144;
