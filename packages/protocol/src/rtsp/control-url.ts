import type { RtspHeaders } from './headers.ts';

/**
 * What the control addresses of a description are relative to: `Content-Base`, else `Content-Location`, where that is an
 * RTSP address, else the address that was asked for.
 * @see RFC 2326 §C.1.1
 */
export function controlBase(headers: RtspHeaders, requestUrl: string): string {
  const told = [headers.get('Content-Base'), headers.get('Content-Location')];
  return told.find((url) => url !== undefined && /^rtsps?:\/\/\S+$/i.test(url)) ?? requestUrl;
}

/**
 * The address that `a=control` means. A relative one is put behind the base, whether that ends in a slash or not and
 * whatever query it has: so do all clients, and cameras count on it, though RFC 1808 would replace its last part.
 *
 * @param control `*`, or undefined where there is none: the base itself.
 * @see RFC 2326 §C.1.1
 */
export function resolveControl(base: string, control: string | undefined): string {
  if (control === undefined || control === '' || control === '*') return base;
  if (/^rtsps?:\/\//i.test(control)) return control;
  return `${base.replace(/\/$/, '')}/${control.replace(/^\//, '')}`;
}
