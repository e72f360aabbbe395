import { type Micros, micros } from '@pinhole/core';
import { NAL_TYPE, nalType, nalUnits, PictureOrderInspector, parseSliceStart } from '@pinhole/media/h264';

/** One picture of a test stream. */
export interface FixtureUnit {
  readonly nalUnits: readonly Uint8Array[];
  readonly key: boolean;
  readonly pts: Micros;
  readonly dts: Micros;
}

/** The pictures of an Annex B stream in decoding order, shown in the order that their slices tell. */
export function fixtureUnits(stream: Uint8Array, { interval }: { readonly interval: Micros }): FixtureUnit[] {
  const units: Uint8Array[][] = [];
  let open: Uint8Array[] = [];
  let hasSlice = false;
  for (const nal of nalUnits(stream)) {
    const slice = nalType(nal) === NAL_TYPE.slice || nalType(nal) === NAL_TYPE.idr;
    if (hasSlice && (!slice || parseSliceStart(nal).firstMbInSlice === 0)) {
      units.push(open);
      open = [];
      hasSlice = false;
    }
    open.push(nal);
    hasSlice ||= slice;
  }
  if (hasSlice) units.push(open);

  const inspector = new PictureOrderInspector();
  const orders = units.map((nals) => inspector.inspect(nals).order ?? 0);
  const keys = units.map((nals) => nals.some((nal) => nalType(nal) === NAL_TYPE.idr));
  return units.map((nals, index) => {
    // Orders count from each IDR picture on; everything before it is shown before it.
    const start = keys.lastIndexOf(true, index);
    const next = keys.indexOf(true, index + 1);
    const gop = orders.slice(start, next === -1 ? undefined : next);
    const shownAt = start + gop.filter((order) => order < (orders[index] ?? 0)).length;
    return {
      nalUnits: nals,
      key: keys[index] ?? false,
      dts: micros(Math.round(index * interval)),
      // Two pictures of delay make room for what is shown before it was decoded.
      pts: micros(Math.round((shownAt + 2) * interval)),
    };
  });
}
