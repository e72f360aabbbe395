/** The TSN `by` places after another (RFC 9260 §1.6: numbers wrap at 2^32). */
export const tsnAfter = (tsn: number, by = 1): number => (tsn + by) >>> 0;

/** How far a TSN is ahead of another; below zero when behind. */
export const tsnAhead = (tsn: number, of: number): number => (tsn - of) | 0;

/** The stream sequence number after another; these wrap at 2^16. */
export const ssnAfter = (ssn: number): number => (ssn + 1) & 0xffff;

/** How far a stream sequence number is ahead of another; below zero when behind. */
export const ssnAhead = (ssn: number, of: number): number => ((ssn - of) << 16) >> 16;
