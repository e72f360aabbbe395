import type { MultipartCounters } from '@pinhole/protocol/multipart';

/** Before the first connection. */
export const NO_MULTIPART_COUNTERS: MultipartCounters = {
  pictures: 0,
  truncated: 0,
  tooLarge: 0,
  foreign: 0,
  wrongLengths: 0,
  strayBytes: 0,
};

/** Those of two connections together. */
export const addMultipartCounters = (a: MultipartCounters, b: MultipartCounters): MultipartCounters => ({
  pictures: a.pictures + b.pictures,
  truncated: a.truncated + b.truncated,
  tooLarge: a.tooLarge + b.tooLarge,
  foreign: a.foreign + b.foreign,
  wrongLengths: a.wrongLengths + b.wrongLengths,
  strayBytes: a.strayBytes + b.strayBytes,
});
