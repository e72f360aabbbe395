import { createHmac, randomBytes } from 'node:crypto';
import type { IceServer } from '@pinhole/protocol/whep';
import { z } from 'zod';
import { listOf, strictObject, whole } from '../config/fields.ts';

const DAY_SECONDS = 86_400;

const fields = strictObject({
  urls: listOf(z.string().regex(/^(?:stun|stuns|turn|turns):\S+$/, 'must be a stun: or turn: address')),
  username: z.string().optional(),
  credential: z.string().optional(),
  secret: z
    .string({ error: () => 'must be the secret that the TURN server shares with this one' })
    .min(8, 'must have 8 characters at least, as the secret of the TURN server')
    .optional(),
  ttlSeconds: whole(60, 31 * DAY_SECONDS).default(DAY_SECONDS),
});

/** A STUN or TURN server as a person writes it. */
export const iceServerField = fields.superRefine(({ secret, credential }, context) => {
  if (secret === undefined || credential === undefined) return;
  const message = 'leave it out where there is a secret, of which each viewer gets a credential of its own';
  context.addIssue({ code: 'custom', path: ['credential'], message });
});

/** STUN and TURN servers of the configuration. */
export type IceServerConfigs = readonly z.output<typeof iceServerField>[];

const NAME_BYTES = 9;

/**
 * The servers for one peer. Where a secret stands, it gets a user name that says until when it holds, and the credential
 * that the TURN server computes from it as well; the secret itself stays here.
 * @see draft-uberti-behave-turn-rest-00 §2.2; the same as `use-auth-secret` of coturn
 */
export const iceServersOf = (servers: IceServerConfigs, now: () => number = Date.now): readonly IceServer[] =>
  servers.map(({ urls, username, credential, secret, ttlSeconds }) => ({
    urls,
    ...(username !== undefined && { username }),
    ...(credential !== undefined && { credential }),
    ...(secret !== undefined && timeLimited({ secret, ttlSeconds, username }, now())),
  }));

function timeLimited(
  {
    secret,
    ttlSeconds,
    username = randomBytes(NAME_BYTES).toString('base64url'),
  }: { readonly secret: string; readonly ttlSeconds: number; readonly username: string | undefined },
  nowMs: number,
): { readonly username: string; readonly credential: string } {
  const name = `${Math.floor(nowMs / 1000) + ttlSeconds}:${username}`;
  return { username: name, credential: createHmac('sha1', secret).update(name).digest('base64') };
}
