import type { Directory } from './directory.ts';

/** A camera that others find in its room. */
export interface ListedCamera {
  readonly room: string;
  readonly cameraId: string;
  readonly clientId: string;
  /** For people. */
  readonly name?: string;
}

/** All of them. */
export const listedCameras = ({ rooms }: Directory): readonly ListedCamera[] =>
  [...rooms].flatMap(([room, { cameras }]) =>
    [...cameras].map(([cameraId, { clientId, name }]) => ({
      room,
      cameraId,
      clientId,
      ...(name !== undefined && { name }),
    })),
  );
