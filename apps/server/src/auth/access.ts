import { type Micros, millis, millisToMicros } from '@pinhole/core';
import type { Identity, Right } from '@pinhole/engine';
import type { TokenRecord } from './token.ts';

/** Rights over some cameras. */
export interface Grant {
  readonly cameras: '*' | readonly string[];
  readonly rights: readonly Right[];
}

/** Who is asking, and what for. Made once a request, asked by whatever serves it. */
export interface Access {
  readonly identity: Identity;
  /** Signed in with a token, as opposed to anonymous. */
  readonly authenticated: boolean;
  /** The token's own name; empty for anonymous. */
  readonly name: string;
  /** Whether `right` is given for that camera; `admin` of all cameras holds everything. */
  can(right: Right, camera: string): boolean;
  /** All rights over the whole server. */
  readonly admin: boolean;
  readonly grants: readonly Grant[];
}

/** The identity id of those who came without a token. */
export const ANONYMOUS_ID = 'anonymous';

/** Puts a token's record (none: anonymous) and the anonymous grants of this address together. */
export function accessOf(
  record: TokenRecord | undefined,
  anonymous: readonly Grant[],
  address: string,
): Access {
  const grants: readonly Grant[] = record === undefined ? anonymous : [record, ...anonymous];
  const expiresAt = record?.expiresAt === undefined ? undefined : microsOfDate(record.expiresAt);
  return {
    identity: {
      tokenId: record?.id ?? ANONYMOUS_ID,
      address,
      ...(expiresAt !== undefined && { expiresAt }),
    },
    authenticated: record !== undefined,
    name: record?.name ?? '',
    admin: record?.cameras === '*' && record.rights.includes('admin'),
    grants,
    can: (right, camera) => grants.some((grant) => covers(grant, right, camera)),
  };
}

const covers = ({ cameras, rights }: Grant, right: Right, camera: string): boolean =>
  (cameras === '*' || cameras.includes(camera)) && (rights.includes(right) || rights.includes('admin'));

/** An ISO 8601 time as UTC microseconds. */
const microsOfDate = (iso: string): Micros => millisToMicros(millis(Date.parse(iso)));
