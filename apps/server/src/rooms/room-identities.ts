import type { AuthorizeToken, RoomIdentity } from '@pinhole/signaling/rooms';
import type { Access } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import { type OwnPlace, placeKey } from './room-places.ts';
import type { RoomsConfig } from './rooms-fields.ts';

/** Turns what a request or a token may do into what it may do in rooms. */
export interface RoomIdentities {
  /** Undefined: it may do nothing, and has to show a token. */
  of(access: Access): RoomIdentity | undefined;
  readonly authorize: AuthorizeToken;
}

/**
 * In strict rooms the rights of a token over cameras are its rights over the camera ids of rooms: `publish` to be one,
 * `view` to know of it and ask for it. In compatible rooms everybody may do all of it; a token then only proves that a
 * camera which comes back is the same one. Of a camera of this server in a room, the rights over that camera hold.
 */
export function roomIdentities(
  mode: RoomsConfig['mode'],
  authenticator: Pick<Authenticator, 'authenticate'>,
  own: readonly OwnPlace[] = [],
): RoomIdentities {
  const cameras = new Map(own.map((place) => [placeKey(place), place.camera]));
  const open = mode === 'compatible';
  const identities: RoomIdentities = {
    of: (access) => {
      if (!open && access.grants.length === 0) return undefined;
      const { identity: who, authenticated } = access;
      return {
        who,
        owner: authenticated ? who.tokenId : undefined,
        mayJoin: () => true,
        mayPublish: (_, cameraId) => open || access.can('publish', cameraId),
        mayView: (room, cameraId) =>
          open || access.can('view', cameras.get(placeKey({ room, cameraId })) ?? cameraId),
      };
    },
    authorize: (token, address) => {
      const result = authenticator.authenticate({ kind: 'token', token }, address);
      return result.kind === 'access' ? identities.of(result.access) : undefined;
    },
  };
  return identities;
}
