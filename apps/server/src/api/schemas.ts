import { z } from '@hono/zod-openapi';
import { RIGHTS } from '../auth/token.ts';
import { CAMERA_ID } from '../config/fields.ts';
import { RECORDING_MODES } from '../recordings/recordings-fields.ts';
import { ROOM_MODES } from '../rooms/rooms-fields.ts';

const right = z.enum(RIGHTS);
const cameraId = z.string().regex(CAMERA_ID);
const cameraSet = z
  .union([z.literal('*'), z.array(cameraId).min(1)])
  .openapi({ description: '`*` for all cameras' });

/** RFC 9457. */
export const problemSchema = z
  .object({
    type: z.string(),
    status: z.number().int(),
    code: z.string().openapi({ description: 'Stable, for programs', example: 'auth/required' }),
    title: z.string(),
    detail: z.string().openapi({ description: 'For people: what is wrong and what helps' }),
  })
  .openapi('Problem');

/** Who asks, and what for. */
export const meSchema = z
  .object({
    authenticated: z.boolean(),
    token: z.object({ id: z.string(), name: z.string(), expiresAt: z.iso.datetime().optional() }).optional(),
    admin: z.boolean(),
    cameras: z.array(z.object({ id: z.string(), rights: z.array(right) })),
    rooms: z.object({
      mode: z.enum(ROOM_MODES).openapi({ description: 'Whether and how signaling rooms are served' }),
      names: z.array(z.string()).openapi({ description: 'The only rooms that there are; none: any name' }),
    }),
  })
  .openapi('Me');

/** One camera and how it is. */
export const cameraSchema = z
  .object({
    id: z.string(),
    label: z.string(),
    rights: z.array(right),
    source: z.object({ kind: z.string(), label: z.string(), transcoding: z.string().optional() }),
    state: z
      .object({
        kind: z.enum(['idle', 'connecting', 'live', 'retrying', 'failed']),
        code: z.string().optional(),
        why: z.string().optional(),
        retryInMs: z.number().optional(),
      })
      .openapi({ description: 'What the source is doing; `idle` when nobody watches' }),
    parameters: z
      .object({
        codec: z.string(),
        profileLevelId: z.string(),
        width: z.number().int(),
        height: z.number().int(),
        framesPerSecond: z.number().optional(),
        bFrames: z.boolean(),
      })
      .optional(),
    jpeg: z.boolean().openapi({ description: 'It makes JPEG pictures itself: those cost nothing to show' }),
    framesPerSecond: z.number(),
    bitsPerSecond: z.number(),
    viewers: z.number().int(),
    recording: z.object({ mode: z.enum(RECORDING_MODES), recording: z.boolean() }),
    lastCaptureTime: z.iso.datetime().optional(),
    urls: z.object({
      whep: z.string(),
      live: z.string(),
      snapshot: z.string(),
      mp4: z.string(),
      h264: z.string(),
      mjpeg: z.string(),
      ws: z
        .string()
        .openapi({ description: 'WebSocket as raspicam has it: Annex B, one access unit a message' }),
    }),
  })
  .openapi('Camera');

/** Somebody who watches now. */
export const sessionSchema = z
  .object({
    id: z.string(),
    camera: z.string(),
    transport: z.enum(['webrtc', 'websocket', 'http']),
    state: z.enum(['connecting', 'live', 'recovering', 'closed']),
    tokenId: z.string(),
    address: z.string(),
    since: z.iso.datetime(),
    webrtc: z
      .object({
        packetsSent: z.number().int(),
        bytesSent: z.number().int(),
        nacksReceived: z.number().int(),
        packetsResent: z.number().int(),
        keyFramesRequested: z.number().int(),
        nacksUnanswered: z.number().int().optional(),
        rtcpMalformed: z.number().int().optional(),
        channelMalformed: z.number().int().optional(),
        datagramsRefused: z.number().int().optional(),
        sendFailures: z.number().int().optional(),
        roundTripMs: z.number().optional(),
        fractionLost: z.number().optional().openapi({ description: '0 to 1, as the viewer reported last' }),
        path: z.string().optional(),
        framesDroppedNonReference: z.number().int().optional(),
        framesDroppedWaitingForKey: z.number().int().optional(),
        deliverySteps: z.number().int().optional(),
        streamSwitches: z.number().int().optional(),
        subStreamRefusals: z.number().int().optional(),
        delivery: z
          .object({
            stream: z.enum(['main', 'sub']),
            pictures: z.enum(['all', 'reference', 'keys']),
            why: z.enum(['queue', 'loss', 'estimate']).optional(),
            bitsPerSecond: z.number().optional(),
          })
          .optional()
          .openapi({ description: 'What of the picture is sent now, and why not all of it' }),
      })
      .optional(),
  })
  .openapi('Session');

/** A token without its secret. */
export const tokenSchema = z
  .object({
    id: z.string(),
    name: z.string(),
    cameras: cameraSet,
    rights: z.array(right),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().optional(),
  })
  .openapi('Token');

/** What a new token is to allow. */
export const newTokenSchema = z
  .strictObject({
    name: z.string().min(1).max(100),
    cameras: cameraSet,
    rights: z.array(right).min(1),
    expiresIn: z
      .string()
      .regex(/^\d{1,6}[smhdw]$/)
      .optional()
      .openapi({ description: 'e.g. `15m`, `1h`, `7d`; without it the token holds until it is revoked' }),
  })
  .openapi('NewToken');

/** A new token; its secret is shown this once. */
export const createdTokenSchema = tokenSchema
  .extend({ token: z.string().openapi({ description: 'Shown this once' }) })
  .openapi('CreatedToken');

/** The program's version. */
export const versionSchema = z.object({ name: z.literal('pinhole'), version: z.string() }).openapi('Version');
