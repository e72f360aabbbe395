import type { CameraControls, ControlDescriptor } from '@pinhole/engine';

/** For tests: controls as a camera lists them, without values. */
export const listing = (descriptors: readonly ControlDescriptor[]): Pick<CameraControls, 'list'> => ({
  list: () => descriptors.map((descriptor) => ({ descriptor })),
});
