import { messageOf, PinholeError } from '@pinhole/core';

/** What a failed read of a file means for whoever configured it. */
export function clipError(path: string, thrown: unknown): PinholeError {
  if (thrown instanceof PinholeError && thrown.code.startsWith('source/')) return thrown;
  const cause = { cause: thrown };
  switch (systemCode(thrown)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new PinholeError('source/file-not-found', `there is no file ${path}: check the path`, cause);
    case 'EACCES':
    case 'EPERM':
      return new PinholeError(
        'source/file-unreadable',
        `not allowed to read ${path}: give the user that runs this program read access`,
        cause,
      );
    case 'EISDIR':
      return new PinholeError('source/file-unreadable', `${path} is a folder: name a file in it`, cause);
    default:
      return new PinholeError('source/file-unreadable', `cannot read ${path}: ${messageOf(thrown)}`, cause);
  }
}

/** The file has pictures of another codec, or none. @param found What it has instead, in words. */
export function noH264(path: string, found: string): PinholeError {
  const converted = `${path.replace(/\.[^./]*$/, '')}-h264.mp4`;
  return new PinholeError(
    'source/no-h264',
    `${path} has ${found}, not H.264. Convert it: ` +
      `ffmpeg -i ${quoted(path)} -an -c:v libx264 -pix_fmt yuv420p -bf 0 -g 60 ${quoted(converted)}`,
  );
}

const quoted = (path: string): string => `'${path.replaceAll("'", `'\\''`)}'`;

const systemCode = (thrown: unknown): string =>
  thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
