import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { janusField } from '../janus/janus-fields.ts';
import { LOG_LEVELS } from '../log/log.ts';
import { iceServerField } from '../media/ice-servers.ts';
import { mqttField } from '../mqtt/mqtt-fields.ts';
import { checkDevices, picameraField } from '../picamera/picamera-fields.ts';
import { RECORDING_MODES, recordingsField } from '../recordings/recordings-fields.ts';
import { roomsField } from '../rooms/rooms-fields.ts';
import { AUDIO_MODES } from '../sound/camera-sound.ts';
import { checkSlots, ustreamerField } from '../ustreamer/ustreamer-fields.ts';
import {
  addressField,
  CAMERA_ID,
  listOf,
  networkRangeField,
  originField,
  pathField,
  portRangeField,
  rightsField,
  sourceField,
  strictObject,
  whole,
  word,
} from './fields.ts';

const ANYWHERE = ['0.0.0.0/0', '::/0'];

const anonymousRule = strictObject({
  from: listOf(networkRangeField).default(ANYWHERE),
  rights: rightsField,
  cameras: z.array(z.string()).optional(),
});

/** `[view, control]` is short for one rule that holds everywhere. */
const anonymousRules = z.preprocess((value) => {
  if (typeof value === 'string') return [{ rights: value }];
  const words = Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string');
  return words ? [{ rights: value }] : value;
}, z.array(anonymousRule));

/** `settings` is the part of a source's address behind the question mark, for people who like it one a line. */
const withSettings = (value: unknown): unknown => {
  if (typeof value === 'string') return { source: value };
  const { source, settings } = (value ?? {}) as Record<string, unknown>;
  const written = sourceSettings.safeParse(settings);
  if (typeof source !== 'string' || !written.success) return value;
  const query = new URLSearchParams(
    Object.fromEntries(Object.entries(written.data).map(([key, text]) => [key, String(text)])),
  );
  return { ...(value as object), source: `${source}${source.includes('?') ? '&' : '?'}${String(query)}` };
};

const sourceSettings = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]), {
  error: () => "must have the source's settings, e.g. size: 1280x720",
});

const camera = z.preprocess(
  withSettings,
  strictObject({
    source: sourceField,
    settings: sourceSettings.optional(),
    label: z.string().min(1).max(200).optional(),
    sub: sourceField.optional(),
    always: z.boolean({ error: () => 'must be true or false' }).default(false),
    audio: word(AUDIO_MODES).default('off'),
    record: word(RECORDING_MODES).default('off'),
    anonymous: anonymousRules.default([]),
    picamera: picameraField.optional(),
    ustreamer: ustreamerField.optional(),
  }),
);

const tls = z.preprocess(
  (value) => {
    if (typeof value !== 'string' || value === 'auto') return value;
    const [cert, key, ...more] = value.split(',');
    return key === undefined || more.length > 0 ? value : { cert, key };
  },
  z.union([z.literal('auto'), strictObject({ cert: pathField, key: pathField })], {
    error: () => 'must be auto, or a certificate and a key file (as a flag: cert.pem,key.pem)',
  }),
);

const limits = strictObject({
  viewers: whole(1, 100_000).default(1000),
  viewersPerCamera: whole(1, 100_000).default(1000),
  viewersPerAddress: whole(1, 100_000).default(200),
  connections: whole(1, 100_000).default(4096),
  unauthenticatedConnections: whole(1, 10_000).default(256),
  unauthenticatedConnectionsPerAddress: whole(1, 10_000).default(64),
  bodyBytes: whole(1024, 16_777_216).default(131_072),
  headersTimeoutMs: whole(100, 60_000).default(5000),
  requestTimeoutMs: whole(100, 600_000).default(15_000),
  writesPerSecond: whole(1, 100_000).default(20),
  writeBurst: whole(1, 100_000).default(200),
  downloads: whole(1, 10_000).default(64),
  downloadStallMs: whole(1000, 3_600_000).default(120_000),
  failedAuthPerMinute: whole(1, 100_000).default(20),
});

/** Where tokens and certificates lie unless something else is said. */
export const defaultDataFolder = (): string => join(homedir(), '.pinhole');

/** All of the configuration, checked, with its defaults filled in. */
export const configSchema = strictObject({
  cameras: z
    .record(
      z
        .string()
        .regex(
          CAMERA_ID,
          'a camera id has letters, digits, - and _, starts with a letter or digit, and has 64 at most',
        ),
      camera,
      { error: () => 'must map camera ids to sources, e.g. door: rtsp://host/path' },
    )
    .superRefine((cameras, context) =>
      checkDevices(cameras, (id, key, message) =>
        context.addIssue({ code: 'custom', path: [id, 'picamera', ...key], message }),
      ),
    )
    .superRefine((cameras, context) =>
      checkSlots(cameras, (id, key, message) =>
        context.addIssue({ code: 'custom', path: [id, 'ustreamer', ...key], message }),
      ),
    )
    .default({}),
  defaultCamera: z.string().regex(CAMERA_ID, 'must be the id of a camera').optional(),
  listen: z
    .string({ error: () => 'must be an address, e.g. 0.0.0.0' })
    .min(1)
    .default('127.0.0.1'),
  port: whole(0, 65_535).default(8080),
  data: pathField.default(defaultDataFolder),
  tls: tls.optional(),
  hosts: z.array(z.string().min(1)).default([]),
  origins: listOf(originField).default([]),
  frameAncestors: z.array(z.string().regex(/^[^\s;,]+$/)).default([]),
  trustedProxies: listOf(networkRangeField).default([]),
  anonymous: anonymousRules.default([]),
  metricsFrom: listOf(networkRangeField).default([]),
  iceServers: z.array(iceServerField).default([]),
  webrtc: strictObject({
    port: whole(0, 65_535).optional(),
    tcp: z.boolean({ error: () => 'must be true or false' }).default(true),
    hostAddresses: listOf(addressField).default([]),
    announcedAddresses: listOf(addressField).default([]),
    iceServers: z.array(iceServerField).default([]),
    portRange: portRangeField.optional(),
    fanout: strictObject({
      native: word(['auto', 'off']).default('auto'),
      threads: whole(1, 16).default(1),
      burstPackets: whole(1, 4096).default(32),
      spreadMs: whole(0, 100).optional(),
    }).prefault({}),
  })
    .superRefine(({ port, portRange }, context) => {
      if (port === undefined || portRange === undefined) return;
      context.addIssue({
        code: 'custom',
        path: ['portRange'],
        message: `cannot stand beside webrtc.port (${port}): that is one port for all viewers, this gives each viewer its own; leave one of them out`,
      });
    })
    .prefault({}),
  recordings: recordingsField.prefault({}),
  rooms: roomsField.prefault({}),
  janus: janusField.prefault({}),
  mqtt: mqttField.prefault({}),
  limits: limits.prefault({}),
  logLevel: word(LOG_LEVELS).default('info'),
});

/** All of the configuration as the server uses it. */
export type ServerConfig = z.output<typeof configSchema>;
/** The configuration as a person writes it. */
export type ServerConfigInput = z.input<typeof configSchema>;
/** One camera as the server uses it. */
export type CameraConfig = ServerConfig['cameras'][string];
/** Who may do what without a token. */
export type AnonymousRule = ServerConfig['anonymous'][number];
