import type { Camera, Cameras, Identity, Right } from '@pinhole/engine';
import { HttpProblem, unauthorized } from '../http/problem.ts';
import type { Access } from './access.ts';
import { RIGHTS } from './token.ts';

/** @throws {HttpProblem} `auth/required` when nobody knows who asks and strangers may do nothing. */
export function requireSomebody(access: Access): void {
  if (!access.authenticated && access.grants.length === 0) throw loginNeeded();
}

/** @throws {HttpProblem} `auth/required`, `auth/forbidden` */
export function requireAdmin(access: Access): void {
  if (access.admin) return;
  if (!access.authenticated) throw loginNeeded();
  throw new HttpProblem(403, 'auth/forbidden', 'this needs a token with the right "admin" for all cameras');
}

/** The rights of somebody over one camera. */
export const rightsOver = (access: Access, camera: string): readonly Right[] =>
  RIGHTS.filter((right) => access.can(right, camera));

/** Who a viewer of that camera is, with what else it may do there: its channel goes by these rights. */
export const identityAt = (access: Access, camera: string): Identity => ({
  ...access.identity,
  rights: rightsOver(access, camera),
});

/**
 * The camera, when the asker has `right` over it. One that the asker may not even see is answered exactly as one that
 * does not exist.
 *
 * @throws {HttpProblem} `auth/required`, `auth/forbidden`, `camera/unknown`
 */
export function requireCamera(cameras: Cameras, access: Access, id: string, right: Right): Camera {
  if (!access.authenticated && rightsOver(access, id).length === 0) throw loginNeeded();
  const camera = cameras.get(id);
  if (camera === undefined || rightsOver(access, id).length === 0) {
    throw new HttpProblem(
      404,
      'camera/unknown',
      `there is no camera "${id.slice(0, 64)}", or this token does not cover it`,
    );
  }
  if (!access.can(right, id)) {
    throw new HttpProblem(403, 'auth/forbidden', `this token lacks the right "${right}" for camera "${id}"`);
  }
  return camera;
}

const loginNeeded = () =>
  unauthorized(
    'auth/required',
    'a token is needed: open the link that the server printed, or send Authorization: Bearer TOKEN',
  );
