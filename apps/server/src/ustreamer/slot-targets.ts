import type { Camera } from '@pinhole/engine';
import type { CameraSlotsOptions } from '@pinhole/outputs/ustreamer';
import type { UstreamerConfig } from './ustreamer-fields.ts';

/** Which slots there are to be, from the configuration of cameras. */
export const slotTargets = (
  cameras: readonly { readonly camera: Camera; readonly config: UstreamerConfig | undefined }[],
): CameraSlotsOptions['slots'] =>
  cameras.flatMap(({ camera, config }) =>
    (['h264', 'jpeg'] as const).flatMap((kind) => {
      const name = config?.[kind];
      if (!config || name === undefined) return [];
      const { layout, mode, rm } = config;
      const target = {
        name,
        kind,
        layout,
        mode: Number.parseInt(String(mode), 8),
        removal: rm ? 'at-end' : 'never',
      } as const;
      return [{ camera, target }];
    }),
  );
