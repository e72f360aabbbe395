import { z } from 'zod';
import { pathField, strictObject, whole, word } from '../config/fields.ts';

const text = (what: string) => z.string({ error: () => `must be ${what}` }).min(1, `must be ${what}`);

/** The part of the configuration that says where recordings are copied to. */
export const uploadField = strictObject({
  endpoint: text('the address of a service that speaks S3, e.g. https://s3.eu-central-1.amazonaws.com'),
  bucket: text('the name of a bucket'),
  region: text('a region, e.g. eu-central-1').default('us-east-1'),
  prefix: text('what the names of objects begin with, e.g. garden/').optional(),
  addressing: word(['path', 'virtual-host']).default('path'),
  storageClass: text('a class of storage, e.g. STANDARD_IA').optional(),
  accessKeyId: text('the id of a key, in quotes').optional(),
  secretAccessKey: text('a secret key, in quotes').optional(),
  secretAccessKeyFile: pathField.optional(),
  recordings: word(['all', 'on-demand']).default('all'),
  keepLocal: z.boolean({ error: () => 'must be true or false' }).default(true),
  parallel: whole(1, 16).default(1),
  kilobytesPerSecond: whole(1, 10_000_000).optional(),
});

/** Where recordings are copied to, and how. */
export type UploadConfig = z.output<typeof uploadField>;
