import { z } from 'zod';
import { listOf, pathField, strictObject, whole, word } from '../config/fields.ts';

/** A uid is one level of a topic; see pi-webrtc's `--uid`. */
const uidField = z
  .string({ error: () => 'must be the uid of a device' })
  .regex(/^[^/+#$|\p{Cc}][^/+#|\p{Cc}]{0,127}$/u, 'must be the uid of a device: one level of a topic');

const viewedField = z
  .string({ error: () => 'must be uids of devices, or * for all' })
  .regex(/^(?:\*|[^+#/|\p{Cc}]{1,128})$/u, 'must be uids of devices, or * for all');

const keyPair = strictObject({ cert: pathField, key: pathField });

const tcp = strictObject({
  port: whole(0, 65_535).default(1883),
  address: z
    .string({ error: () => 'must be an address, e.g. 0.0.0.0' })
    .min(1)
    .default('127.0.0.1'),
  tls: keyPair.optional(),
});

const user = strictObject({
  name: z
    .string({ error: () => 'must be a name' })
    .min(1, 'must be a name')
    .max(256),
  password: z
    .string({ error: () => 'must be a password' })
    .min(1, 'must be a password')
    .max(512),
  device: uidField.optional(),
  view: listOf(viewedField).optional(),
}).refine(({ device, view }) => device !== undefined || view !== undefined, {
  error: () =>
    'must be a device, with its uid (device: garden), or a viewer, with the uids that it may watch (view: "*")',
});

const url = z
  .string({ error: () => 'must be the address of a broker, e.g. mqtt://localhost:1883' })
  .refine((text) => /^(?:mqtts?|wss?):\/\/[^\s/]/.test(text), {
    error: () => 'must be the address of a broker, e.g. mqtt://localhost:1883, mqtts://… or wss://…/mqtt',
  });

/** The part of the configuration that says by which broker devices and their viewers find each other. */
export const mqttField = strictObject({
  broker: word(['on', 'off']).optional(),
  tcp: tcp.optional(),
  users: z
    .array(user)
    .refine((users) => new Set(users.map(({ name }) => name)).size === users.length, {
      error: () => 'has two users of the same name',
    })
    .default([]),
  clients: whole(1, 100_000).default(2000),
  clientsPerAddress: whole(1, 100_000).default(128),
  packetsPerSecond: whole(1, 100_000).default(100),
  url: url.optional(),
  username: z.string({ error: () => 'must be a name' }).optional(),
  password: z.string({ error: () => 'must be a password' }).optional(),
  ca: pathField.optional(),
})
  .refine(({ broker, url: outside }) => broker !== 'on' || outside === undefined, {
    error: () =>
      'has both broker: on and url; leave out url for the broker in here, or broker for one outside',
  })
  .refine((field) => field.tcp === undefined || brokerMode(field) === 'inside', {
    path: ['tcp'],
    error: () => 'is for the broker in here, which is off',
  });

/** By which broker devices and their viewers find each other. */
export type MqttConfig = z.output<typeof mqttField>;

/** One who may log in to the broker in here by name and password. */
export type MqttUser = MqttConfig['users'][number];

/** The broker in here is used unless it is off, or another one is named. */
export function brokerMode(config: {
  readonly broker?: 'on' | 'off' | undefined;
  readonly url?: string | undefined;
}): 'inside' | 'outside' | 'none' {
  if (config.url !== undefined) return 'outside';
  return config.broker === 'off' ? 'none' : 'inside';
}
