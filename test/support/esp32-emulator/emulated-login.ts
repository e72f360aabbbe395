import { createHash, randomBytes } from 'node:crypto';

/** How an emulated camera is locked. */
export interface EmulatedLogin {
  readonly scheme: 'basic' | 'digest';
  readonly user: string;
  readonly password: string;
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

/** Asks for a password as a small server does: a fresh nonce for each refusal. */
export class LoginCheck {
  readonly #login: EmulatedLogin;
  readonly #nonces = new Set<string>();

  constructor(login: EmulatedLogin) {
    this.#login = login;
  }

  /** The challenge for somebody who is not let in; undefined for one who is. */
  challenge(path: string, authorization: string | undefined): string | undefined {
    const { scheme, user, password } = this.#login;
    if (scheme === 'basic') {
      const right = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      return authorization === right ? undefined : 'Basic realm="camera"';
    }
    const field = (name: string): string =>
      new RegExp(`\\b${name}="?([^",]*)`).exec(authorization ?? '')?.[1] ?? '';
    const nonce = field('nonce');
    const ha2 = md5(`GET:${path}`);
    const right = md5(
      `${md5(`${user}:camera:${password}`)}:${nonce}:${field('nc')}:${field('cnonce')}:auth:${ha2}`,
    );
    if (this.#nonces.has(nonce) && field('uri') === path && field('response') === right) return undefined;
    const fresh = randomBytes(8).toString('hex');
    this.#nonces.add(fresh);
    return `Digest realm="camera", nonce="${fresh}", qop="auth", algorithm=MD5`;
  }
}
