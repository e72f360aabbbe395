import type { NativeSlotLayout } from './slot.ts';

/** A layout as `@pinhole/protocol/memsink` describes it, as far as native code has use for it. */
export interface DescribedSlotLayout
  extends Pick<
    NativeSlotLayout,
    'version' | 'headerBytes' | 'dataOffset' | 'capacityBytes' | 'usedBytes' | 'clock'
  > {
  readonly fields: {
    readonly lastClient: number;
    readonly key?: number;
    readonly keyRequested?: number;
  };
}

/** The same layout for a reader or writer here, with the `long double` of who writes and reads it. */
export const nativeSlotLayout = (
  layout: DescribedSlotLayout,
  realKind: NativeSlotLayout['realKind'],
): NativeSlotLayout => {
  const { version, headerBytes, dataOffset, capacityBytes, usedBytes, clock, fields } = layout;
  return {
    version,
    headerBytes,
    dataOffset,
    capacityBytes,
    usedBytes,
    clock,
    realKind,
    lastClientOffset: fields.lastClient,
    ...(fields.key !== undefined && { keyOffset: fields.key }),
    ...(fields.keyRequested !== undefined && { keyRequestedOffset: fields.keyRequested }),
  };
};
