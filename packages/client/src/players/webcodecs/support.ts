/** Why WebCodecs cannot be used on this page; `undefined` when it can. */
export function webCodecsProblem(): string | undefined {
  if (typeof VideoDecoder !== 'undefined') return undefined;
  return globalThis.isSecureContext
    ? 'This browser has no WebCodecs.'
    : 'WebCodecs needs a secure page: open it over https or as localhost.';
}
