import { PinholeError } from '@pinhole/core';

/** Why a service did not do what it was asked to. */
export type UploadCode =
  | 'upload/unreachable'
  | 'upload/timeout'
  | 'upload/denied'
  | 'upload/no-bucket'
  | 'upload/clock'
  | 'upload/refused'
  | 'upload/busy'
  | 'upload/no-such-upload'
  | 'upload/not-confirmed';

/** The service did not do what it was asked to; the message says why and what to do, and never has a secret in it. */
export class UploadError extends PinholeError<UploadCode> {
  override readonly name = 'UploadError';
}

/** Trying again soon makes sense. */
export const isPassing = ({ code }: UploadError): boolean =>
  code === 'upload/unreachable' ||
  code === 'upload/timeout' ||
  code === 'upload/busy' ||
  code === 'upload/not-confirmed';

/** An answer that is an error. */
export interface RefusedAnswer {
  readonly status: number;
  readonly body: string;
}

const CLOCK_CODES: ReadonlySet<string> = new Set(['RequestTimeTooSkewed', 'RequestExpired']);
const DENIED_CODES: ReadonlySet<string> = new Set([
  'AccessDenied',
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'InvalidToken',
  'ExpiredToken',
]);

/** What an error of S3 means. @see Amazon S3 API Reference, "Error responses" */
export function errorOfAnswer(
  { status, body }: RefusedAnswer,
  { bucket }: { readonly bucket: string },
): UploadError {
  const code = elementOf(body, 'Code') ?? '';
  const told = [code, elementOf(body, 'Message') ?? '']
    .filter((text) => text !== '')
    .join(': ')
    .slice(0, 300);
  const said = `the storage service answered ${status}${told === '' ? '' : ` (${told})`}`;
  if (CLOCK_CODES.has(code))
    return new UploadError('upload/clock', `${said}; set the clock of this device right`);
  if (code === 'NoSuchUpload') return new UploadError('upload/no-such-upload', said);
  if (code === 'NoSuchBucket')
    return new UploadError('upload/no-bucket', `${said}; create bucket "${bucket}", or name another`);
  if (DENIED_CODES.has(code) || status === 401 || status === 403) {
    return new UploadError(
      'upload/denied',
      `${said}; check the keys, the region, and that they may write into bucket "${bucket}"`,
    );
  }
  if (status >= 500 || status === 429 || status === 408)
    return new UploadError('upload/busy', `${said}; it is tried again`);
  return new UploadError('upload/refused', said);
}

/** What the first element of this name holds. The answers of S3 are flat enough for that. */
export function elementOf(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml) ?? [];
  return text === undefined ? undefined : unescapeXml(text);
}

/** What each element of this name holds, markup and all. */
export const elementsOf = (xml: string, name: string): readonly string[] =>
  [...xml.matchAll(new RegExp(`<${name}>(.*?)</${name}>`, 'gs'))].map(([, inner = '']) => inner);

/** Text within an element. */
export const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const unescapeXml = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&#34;', '"')
    .replaceAll('&amp;', '&');
