import { z } from 'zod';
import { pathField, strictObject, whole } from '../config/fields.ts';
import { uploadField } from './upload-fields.ts';

/** When a camera is recorded. */
export const RECORDING_MODES = ['off', 'background', 'on-demand', 'both'] as const;

const timeZone = z.string().refine(
  (zone) => {
    try {
      return new Intl.DateTimeFormat('en', { timeZone: zone }).resolvedOptions().timeZone !== '';
    } catch {
      return false;
    }
  },
  { error: () => 'must be the name of a time zone, e.g. Europe/Berlin' },
);

/** The part of the configuration that says where and how is recorded, and how much is kept. */
export const recordingsField = strictObject({
  root: pathField.optional(),
  segmentSeconds: whole(1, 43_200).default(60),
  onDemandMinutes: whole(1, 1440).default(60),
  stillQuality: whole(1, 100).default(30),
  timeZone: timeZone.optional(),
  keepFreeMegabytes: whole(0, 100_000_000).default(400),
  keepGigabytes: whole(1, 1_000_000).optional(),
  keepDays: whole(1, 36_500).optional(),
  keepOnDemandDays: whole(1, 36_500).optional(),
  fsyncMs: whole(100, 60_000).default(1000),
  flushKilobytes: whole(0, 65_536).default(0),
  rewindSeconds: whole(0, 86_400).default(300),
  rewindMegabytes: whole(1, 65_536).default(32),
  upload: uploadField.optional(),
});

/** Where and how is recorded, and how much is kept. */
export type RecordingsConfig = z.output<typeof recordingsField>;
