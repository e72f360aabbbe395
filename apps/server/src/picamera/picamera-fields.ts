import { MalformedError, PinholeError } from '@pinhole/core';
import { parseSpeakerSpec } from '@pinhole/outputs/speaker';
import { requireUid } from '@pinhole/protocol/picamera';
import { z } from 'zod';
import { listOf, parsedText, pathField, strictObject, whole, word } from '../config/fields.ts';

/** Rights that those may have who come by a broker of somebody else. */
const VIEWER_RIGHTS = ['view', 'control', 'record', 'download'] as const;

const uidField = parsedText((text) => {
  try {
    return requireUid(text);
  } catch (cause) {
    if (!(cause instanceof MalformedError)) throw cause;
    throw new PinholeError('config/uid', cause.message, { cause });
  }
}, 'the id of a device, e.g. garden');

/** Browsers tell stream from track by a space, picamera.js cuts at `|`. */
const streamIdField = parsedText((text) => {
  if (/^[\w.~:@-]{1,64}$/.test(text)) return text;
  throw new PinholeError('config/stream-id', 'must have 1 to 64 letters, digits, or . _ ~ : @ -');
}, 'a name, e.g. garden');

const speakerField = parsedText((text) => {
  parseSpeakerSpec(text);
  return text;
}, 'off, default, or another sound device');

/** The part of a camera's configuration that makes it a device for picamera.js. */
export const picameraField = z.preprocess(
  // `picamera: garden` is short for its uid alone.
  (value) => (typeof value === 'string' ? { uid: value } : value),
  strictObject({
    uid: uidField,
    streamId: streamIdField.optional(),
    rights: listOf(word(VIEWER_RIGHTS)).default(['view']),
    viewers: whole(1, 1000).default(64),
    presence: word(['off', 'retained']).default('off'),
    audio: word(['off', 'on']).default('on'),
    speaker: speakerField.default('off'),
    wire: word(['auto', 'legacy', 'packet']).default('auto'),
    recordings: pathField.optional(),
    ipc: strictObject({
      enabled: z.boolean({ error: () => 'must be true or false' }).default(false),
      channel: word(['both', 'lossy', 'reliable']).default('both'),
      socket: pathField.optional(),
      framing: word(['raw', 'framed']).default('raw'),
      access: word(['user', 'group', 'everybody']).default('user'),
    }).prefault({}),
  }),
);

/** How a camera is a device for picamera.js. */
export type PicameraConfig = z.output<typeof picameraField>;

/**
 * Says what is wrong with several cameras taken together: two of one uid would answer each other's viewers.
 * @param fault takes the camera's id, the key and the sentence
 */
export function checkDevices(
  cameras: Readonly<Record<string, { readonly picamera?: PicameraConfig | undefined }>>,
  fault: (camera: string, key: readonly string[], message: string) => void,
): void {
  const uids = new Map<string, string>();
  const sockets = new Map<string, string>();
  for (const [id, { picamera }] of Object.entries(cameras)) {
    if (!picamera) continue;
    const { uid, ipc } = picamera;
    const same = uids.get(uid);
    if (same !== undefined) fault(id, ['uid'], `is the uid of camera "${same}" too; each needs its own`);
    else uids.set(uid, id);
    if (!ipc.enabled || ipc.socket === undefined) continue;
    const shared = sockets.get(ipc.socket);
    if (shared !== undefined)
      fault(id, ['ipc', 'socket'], `is the socket of camera "${shared}" too; each needs its own`);
    else sockets.set(ipc.socket, id);
  }
}
