import { readFile } from 'node:fs/promises';
import { type Logger, messageOf, PinholeError } from '@pinhole/core';
import { checkS3Target, type S3Target, UploadQueue } from '@pinhole/outputs/upload';
import type { UploadConfig } from './upload-fields.ts';

/** Variables of the environment, as other programs for S3 read them. */
type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes the queue that copies recordings to a storage service.
 * @throws {PinholeError} `upload/bad-setting`, naming the key and what would do, never a secret
 */
export async function openUploads(
  config: UploadConfig,
  { env, log }: { readonly env: Environment; readonly log: Logger },
): Promise<UploadQueue> {
  const { recordings, keepLocal, parallel, kilobytesPerSecond } = config;
  return new UploadQueue({
    target: await targetOf(config, env),
    log,
    wanted: recordings,
    local: keepLocal ? 'kept' : 'deleted',
    concurrency: parallel,
    ...(kilobytesPerSecond !== undefined && { bytesPerSecond: kilobytesPerSecond * 1024 }),
  });
}

/** Where to, with the keys from wherever they stand. @throws {PinholeError} `upload/bad-setting` */
export async function targetOf(config: UploadConfig, env: Environment): Promise<S3Target> {
  const { endpoint, bucket, region, prefix, addressing, storageClass } = config;
  const accessKeyId = config.accessKeyId ?? env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = await secretOf(config, env);
  const sessionToken = config.accessKeyId === undefined ? env['AWS_SESSION_TOKEN'] : undefined;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const missing = accessKeyId === undefined ? 'accessKeyId' : 'secretAccessKey';
    const variable = accessKeyId === undefined ? 'AWS_ACCESS_KEY_ID' : 'AWS_SECRET_ACCESS_KEY';
    throw new PinholeError(
      'upload/bad-setting',
      `recordings.upload.${missing} is missing: write it, or set ${variable} in the environment`,
    );
  }
  return checkS3Target({
    endpoint,
    bucket,
    region,
    addressing,
    accessKeyId,
    secretAccessKey,
    ...(prefix !== undefined && { prefix }),
    ...(storageClass !== undefined && { storageClass }),
    ...(sessionToken !== undefined && { sessionToken }),
  });
}

async function secretOf(
  { secretAccessKey, secretAccessKeyFile: file }: UploadConfig,
  env: Environment,
): Promise<string | undefined> {
  if (secretAccessKey !== undefined || file === undefined) {
    return secretAccessKey ?? env['AWS_SECRET_ACCESS_KEY'];
  }
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (cause) {
    throw new PinholeError(
      'upload/bad-setting',
      `recordings.upload.secretAccessKeyFile "${file}" cannot be read: ${messageOf(cause)}`,
      { cause },
    );
  }
}
