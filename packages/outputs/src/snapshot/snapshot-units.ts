import type { StreamUnit } from '@pinhole/engine';

/** Pictures to decode for one snapshot. */
export interface SnapshotUnits {
  readonly units: readonly StreamUnit[];
  /** The one of them that is shown last. */
  readonly newest: StreamUnit;
}

/** Bounds of the work that one snapshot may cause. */
export interface SnapshotWork {
  readonly maxUnits: number;
  readonly maxBytes: number;
}

/**
 * Chooses what to decode of a GOP: all that the newest picture may need, and nothing that no other picture needs. Of a
 * GOP beyond the bounds the first part; the snapshot is older then, but whole.
 * @returns undefined for an empty GOP
 */
export function snapshotUnits(gop: readonly StreamUnit[], work: SnapshotWork): SnapshotUnits | undefined {
  const within: StreamUnit[] = [];
  let bytes = 0;
  for (const unit of gop) {
    bytes += unit.data.byteLength;
    if (within.length > 0 && (within.length >= work.maxUnits || bytes > work.maxBytes)) break;
    within.push(unit);
  }
  const newest = within.reduce<StreamUnit | undefined>(
    (latest, unit) => (latest === undefined || unit.pts >= latest.pts ? unit : latest),
    undefined,
  );
  if (newest === undefined) return undefined;
  return { newest, units: within.filter((unit) => unit === newest || !unit.droppable) };
}
