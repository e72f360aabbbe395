/**
 * What every response tells a browser to refuse: foreign scripts, styles and frames, guessing of types, sending our
 * addresses on to other sites.
 */
export function securityHeaders(options: {
  readonly frameAncestors: readonly string[];
  /** Whether the page may ask for this device's camera and microphone: it makes a camera of a room of them. */
  readonly films: boolean;
  /** Whether the page may ask for the microphone alone: it talks with somebody beside a camera. */
  readonly talks: boolean;
}): Readonly<Record<string, string>> {
  const ancestors = options.frameAncestors.map((source) => (source === 'self' ? "'self'" : source));
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(' ')}`,
  ];
  const { films, talks } = options;
  const devices = `camera=(${films ? 'self' : ''}), microphone=(${films || talks ? 'self' : ''})`;
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    ...(ancestors.length === 0 && { 'X-Frame-Options': 'DENY' }),
    'Referrer-Policy': 'no-referrer',
    'Permissions-Policy': `${devices}, geolocation=(), payment=(), usb=(), fullscreen=(self), picture-in-picture=(self)`,
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  };
}
