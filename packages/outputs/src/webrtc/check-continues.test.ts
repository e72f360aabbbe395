import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkContinues } from './check-continues.ts';
import { readOffer } from './viewer-offer.ts';

const CHROMIUM = readFileSync(
  join(import.meta.dirname, '../../../media/src/sdp/fixtures/chromium-156.offer.sdp'),
  'utf8',
);

const read = (offer: string) =>
  readOffer(offer, {
    parameters: {
      sps: new Uint8Array(4),
      pps: [],
      codec: 'avc1.42c01e',
      profileLevelId: '42c01e',
      width: 640,
      height: 360,
      bFrames: false,
    },
    video: 'required',
  });

it('a further offer keeps the stream of repairs that was agreed on', () => {
  const without = read(CHROMIUM.replace('a=fmtp:109 apt=108', 'a=fmtp:109 apt=107'));

  expect(() => checkContinues(read(CHROMIUM), read(CHROMIUM))).not.toThrow();
  expect(() => checkContinues(read(CHROMIUM), without)).toThrowError(
    expect.objectContaining({ code: 'webrtc/unsupported', message: expect.stringContaining('109 of rtx') }),
  );
});
