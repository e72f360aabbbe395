/** Whether a description is of the device that gave the one before: its certificate is the same. */
export const isSameDevice = (before: string, after: string): boolean =>
  fingerprintOf(before) === fingerprintOf(after);

/** Whether an answer takes the channels but not the picture. */
export const refusesVideo = (answer: string): boolean => /^m=video 0 /m.test(answer);

const fingerprintOf = (sdp: string): string | undefined =>
  /^a=fingerprint:\S+ (\S+)/m.exec(sdp)?.[1]?.toUpperCase();
