import { ByteWriter, type Ticks90k } from '@pinhole/core';
import { fourCc, writeBox } from './box.ts';
import { type InitSegmentOptions, writeFileType, writeMovie } from './init-segment.ts';

/** What stands at the beginning of a recording. */
export interface RecordingHeaderOptions extends InitSegmentOptions {
  /** Goes into `moov/udta` in a `uuid` box as it is: who recorded, and why, as JSON. */
  readonly note?: Uint8Array;
}

/** Bytes that replace those at `offset` of the file. */
export interface Patch {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The beginning of a recording. */
export interface RecordingHeader {
  /** ftyp and moov. */
  readonly bytes: Uint8Array;
  /** What to write over it once it is known how long the recording is. */
  durationPatches(durations: { readonly video: Ticks90k; readonly audio?: Ticks90k }): readonly Patch[];
}

/** The extended type of the box that holds the note. */
export const NOTE_UUID: Uint8Array = new Uint8Array([
  0x3f, 0x0a, 0x5d, 0x6b, 0x1e, 0x72, 0x4c, 0x9e, 0x9b, 0x53, 0x6d, 0xd0, 0x27, 0xb1, 0x84, 0xf6,
]);

/** The longest recording that the 32-bit durations of a header can tell: 13 hours. */
export const LONGEST_RECORDING_TICKS = 2 ** 32 - 1;

/**
 * The header of a recording, which fragments follow: an init segment whose durations can be filled in later. Until then
 * it tells none, as a file that is still being written should, and a `free` box keeps the place of `mehd`.
 *
 * The durations of mvhd and tkhd are patched too, although the standard has them count no fragments: QuickTime and the
 * shells of the desktops read nothing else.
 *
 * @throws as `initSegment`
 * @see ISO/IEC 14496-12 §8.8.2 (mehd), §8.10.1 (udta), §11.1 (uuid)
 */
export function recordingHeader({ note, ...options }: RecordingHeaderOptions): RecordingHeader {
  const writer = new ByteWriter(1024);
  writeFileType(writer, ['iso6', 'isom', 'mp41', 'avc1']);
  const fields = writeMovie(writer, options, {
    roomForDuration: true,
    more: () => {
      if (note === undefined) return;
      writeBox(writer, 'udta', () => writeBox(writer, 'uuid', () => writer.bytes(NOTE_UUID).bytes(note)));
    },
  });
  return {
    bytes: writer.finish().slice(),
    durationPatches: ({ video, audio = video }) => {
      const longest = Math.min(LONGEST_RECORDING_TICKS, Math.max(video, audio));
      const [movieAt, ...videoAt] = fields.movie;
      const patches = [
        ...(movieAt === undefined ? [] : [durationPatch(movieAt, longest)]),
        ...videoAt.map((offset) => durationPatch(offset, video)),
        ...fields.audio.map((offset) => durationPatch(offset, audio)),
      ];
      if (fields.extends === undefined) return patches;
      const extend = new ByteWriter(12).u32(fourCc('mehd')).u32(0).u32(longest);
      return [...patches, { offset: fields.extends + 4, bytes: extend.finish() }];
    },
  };
}

const durationPatch = (offset: number, ticks: number): Patch => ({
  offset,
  bytes: new ByteWriter(4).u32(Math.min(LONGEST_RECORDING_TICKS, ticks)).finish(),
});
