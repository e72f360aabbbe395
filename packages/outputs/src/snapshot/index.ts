export type { SnapshotWork } from './snapshot-units.ts';
export {
  createSnapshots,
  type Snapshot,
  type SnapshotDecoder,
  type SnapshotRequest,
  type SnapshotStream,
  Snapshots,
  type SnapshotsOptions,
} from './snapshots.ts';
