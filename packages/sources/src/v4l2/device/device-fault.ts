import { existsSync } from 'node:fs';
import { V4l2Error } from '../v4l2-error.ts';
import { deviceHolders } from './device-holders.ts';

const LONGEST_WORDS = 300;

/**
 * Makes an error of what a program said when it could not use a device, with what would help: who holds it, which group
 * may open it, how to find it again.
 */
export async function deviceFault(
  path: string,
  words: string,
  options: { readonly cause?: unknown } = {},
): Promise<V4l2Error> {
  const said = words.replace(/\s+/g, ' ').slice(0, LONGEST_WORDS);
  if (!existsSync(path)) {
    const code = /no such device|DQBUF|ENODEV/i.test(said) ? 'source/device-gone' : 'source/no-such-device';
    return new V4l2Error(code, `${path} is not there: ${howToFind(path)}`, options);
  }
  if (/no such device|ENODEV/i.test(said))
    return new V4l2Error('source/device-gone', `${path} was taken away: ${howToFind(path)}`, options);
  if (/permission denied|EACCES|EPERM|not permitted/i.test(said))
    return new V4l2Error(
      'source/forbidden',
      `${path} may not be opened: add the user that runs this program to the group "video" (sudo usermod -aG video $USER), then log in again; in a container pass the device in (--device ${path})`,
      options,
    );
  // v4l2-ctl ends without a word where the driver refuses its buffers.
  if (/busy|EBUSY/i.test(said) || said === '') {
    const holders = await deviceHolders(path);
    const who =
      holders.length === 0
        ? 'another program (sudo fuser -v shows which)'
        : holders.map(({ pid, name }) => `${name} (process ${pid})`).join(', ');
    if (said !== '' || holders.length > 0)
      return new V4l2Error(
        'source/busy',
        `${path} is in use by ${who}: a camera gives pictures to one program only; close that one`,
        options,
      );
  }
  return new V4l2Error(
    'source/failed',
    `${path}: ${said === '' ? 'v4l2-ctl ended without a word' : said}`,
    options,
  );
}

const howToFind = (path: string): string =>
  path.includes('/by-id/') || path.includes('/by-path/')
    ? 'plug the camera in, or list the cameras with "pinhole devices"'
    : 'plug the camera in, or list the cameras with "pinhole devices"; an address under /dev/v4l/by-id/ finds a camera again under any number';
