/** What may stand before user name and password: `rtsp://`, `esp32:`, `esp32://`, `mjpeg:http://`. */
const USER_INFO = /^([a-z][a-z0-9+.-]*:(?:https?:)?(?:\/\/)?)[^/?#\s]*@/i;
/** Keys under which cameras take a password in their address. */
const SECRET_KEY = /([?&](?:pass|passwd|password|pwd|token|key|secret|auth)=)[^&#]*/gi;

/** A camera's address as it may be shown and passed on: without user name, password and token. */
export const shownAddress = (address: string): string =>
  address.replace(USER_INFO, '$1').replaceAll(SECRET_KEY, '$1…');
