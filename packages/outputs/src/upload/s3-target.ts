import { PinholeError } from '@pinhole/core';

/** Where recordings are copied to: any service that speaks S3. */
export interface S3Target {
  /** Scheme, name and port, e.g. `https://s3.eu-central-1.amazonaws.com` or `http://192.168.1.10:9000`. */
  readonly endpoint: string;
  readonly bucket: string;
  /** Default `us-east-1`, which most services of one's own take for theirs. */
  readonly region?: string;
  /** Goes before the camera's id in the names of objects, e.g. `garden/`. */
  readonly prefix?: string;
  /** `path`: the bucket in the path, which every service knows · `virtual-host`: before the name, as Amazon wants it. Default `path`. */
  readonly addressing?: 'path' | 'virtual-host';
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  /** E.g. `STANDARD_IA`; that of the bucket when left out. */
  readonly storageClass?: string;
}

const BUCKET = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
/** Characters that need no care anywhere (S3 User Guide, "Object key naming guidelines"). */
const PREFIX = /^[\w!.*'()/-]{0,200}$/;

/**
 * Checks what a person wrote. A secret is never told in the message.
 * @throws {PinholeError} `upload/bad-setting`, naming the field and what would do
 */
export function checkS3Target(target: S3Target): S3Target {
  const { endpoint, bucket, prefix = '', region = 'us-east-1', accessKeyId, secretAccessKey } = target;
  const url = URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  const refuse = (words: string): never => {
    throw new PinholeError('upload/bad-setting', words);
  };
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    return refuse('endpoint is no address; write e.g. https://s3.eu-central-1.amazonaws.com');
  }
  if (url.username !== '' || url.password !== '')
    return refuse('endpoint has a password; use accessKeyId and secretAccessKey');
  if (url.pathname !== '/' || url.search !== '')
    return refuse('endpoint has a path; name the bucket in bucket, folders in prefix');
  if (!BUCKET.test(bucket))
    return refuse(`bucket "${bucket.slice(0, 80)}" is no name of one: 3 to 63 of a-z, 0-9, - and .`);
  if (!PREFIX.test(prefix) || prefix.startsWith('/')) {
    return refuse(
      `prefix "${prefix.slice(0, 80)}" has characters that make trouble; use letters, digits, - _ . and /, none in front`,
    );
  }
  if (!/^[\w-]{1,40}$/.test(region))
    return refuse(`region "${region.slice(0, 80)}" is none; write e.g. eu-central-1`);
  if (accessKeyId === '' || secretAccessKey === '') return refuse('accessKeyId or secretAccessKey is empty');
  return target;
}

/** The address of an object, or of the bucket. */
export function addressOf(target: S3Target, key: string): URL {
  const { endpoint, bucket, addressing = 'path' } = target;
  const url = new URL(endpoint);
  const path = key.split('/').map(encodeURIComponent).join('/');
  if (addressing === 'virtual-host') {
    url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = `/${path}`;
  } else {
    url.pathname = `/${bucket}/${path}`;
  }
  return url;
}
