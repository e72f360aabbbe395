/** What keeps a device's camera from being used, and what a person can do about it. */
export interface MediaFault {
  readonly reason: string;
  readonly action: string;
}

/** Why there is no way to ask for a camera at all; undefined where there is. */
export function faultOfPlace(place: {
  readonly isSecureContext: boolean;
  readonly hasMediaDevices: boolean;
  readonly host: string;
}): MediaFault | undefined {
  if (!place.isSecureContext)
    return {
      reason: `Browsers open cameras only for pages that came by https or from this very device; this one came by http from ${place.host}.`,
      action:
        'Start the server with --tls auto and open the page by https://, or open it on the server itself as localhost.',
    };
  if (!place.hasMediaDevices)
    return { reason: 'This browser has no way to open a camera.', action: 'Use a current browser.' };
  return undefined;
}

/** What `getUserMedia` threw, in words. `what`: of what was asked for. */
export function faultOf(
  thrown: unknown,
  what: 'camera' | 'microphone' | 'camera and microphone',
): MediaFault {
  const { name, message } = thrown instanceof Error ? thrown : { name: '', message: String(thrown) };
  switch (name) {
    case 'NotAllowedError':
      return /system/i.test(message)
        ? {
            reason: `The operating system keeps the ${what} from this browser.`,
            action: 'Allow it in the privacy settings of the system, then try again.',
          }
        : {
            reason: `This page may not use the ${what}.`,
            action: 'Press the lock or camera beside the address, allow it, and try again.',
          };
    case 'NotFoundError':
      return { reason: `There is no ${what} on this device.`, action: 'Plug one in, then try again.' };
    case 'NotReadableError':
      return {
        reason: `The ${what} did not start; another program may use it.`,
        action: 'Close other programs that film, or plug it out and in, then try again.',
      };
    case 'OverconstrainedError':
      return { reason: `The ${what} that was chosen is gone.`, action: 'Choose another one.' };
    case 'SecurityError':
      return {
        reason: `Cameras are switched off for this page.`,
        action: 'Open it by itself and not inside another page.',
      };
    default:
      return { reason: `The ${what} did not open: ${message || name}.`, action: 'Try again.' };
  }
}
