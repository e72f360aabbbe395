import { parseSpeakerSpec } from '@pinhole/outputs/speaker';
import { USTREAMER_PLUGIN } from '@pinhole/protocol/janus';
import { z } from 'zod';
import { parsedText, strictObject, whole, word } from '../config/fields.ts';

const PLUGIN_NAME = /^[a-z][a-z0-9_-]{0,63}(?:\.[a-z0-9_-]{1,64}){1,7}$/;

const speakerField = parsedText((text) => {
  parseSpeakerSpec(text);
  return text;
}, 'off, default, or another sound device');

const ports = strictObject({
  ws: whole(0, 65_535).optional(),
  http: whole(0, 65_535).optional(),
}).refine(({ ws, http }) => ws === undefined || ws === 0 || ws !== http, {
  error: () => 'must be two different ports',
});

/** The part of the configuration that says how the API of Janus is served. */
export const janusField = strictObject({
  ports: ports.optional(),
  address: z
    .string({ error: () => 'must be an address, e.g. 0.0.0.0' })
    .min(1)
    .optional(),
  secret: z
    .string({ error: () => 'must be the secret that clients send as apisecret' })
    .min(8, 'must have 8 characters at least')
    .max(512)
    .optional(),
  plugins: z
    .record(
      z.string().regex(PLUGIN_NAME, `must be the name of a plugin, e.g. ${USTREAMER_PLUGIN}`),
      z.string(),
      {
        error: () => `must map names of plugins to cameras, e.g. ${USTREAMER_PLUGIN}: door`,
      },
    )
    .default({}),
  replies: word(['ack', 'early', 'late']).default('ack'),
  speaker: speakerField.default('off'),
  sessions: whole(1, 100_000).default(1000),
  sessionsPerAddress: whole(1, 100_000).default(128),
  handlesPerSession: whole(1, 1000).default(16),
  sockets: whole(1, 100_000).default(1000),
  socketsPerAddress: whole(1, 100_000).default(128),
});

/** How the API of Janus is served. */
export type JanusConfig = z.output<typeof janusField>;
