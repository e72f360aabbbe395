import { MalformedError } from '@pinhole/core';

/** A STUN or TURN server, in the words of `RTCIceServer`. */
export interface IceServer {
  readonly urls: readonly string[];
  readonly username?: string;
  readonly credential?: string;
}

const PRINTABLE = /^[\x20-\x7e]*$/;

/**
 * `Link` header values that name ICE servers, one per URL.
 * @throws {RangeError} when a value has a character that no header carries
 * @see RFC 9725 §4.6, RFC 8288 §3
 */
export const serializeIceServerLinks = (servers: readonly IceServer[]): string[] =>
  servers.flatMap(({ urls, username, credential }) =>
    urls.map((url) => {
      if (!PRINTABLE.test(url) || /[<>\s]/.test(url)) throw new RangeError(`ICE server URL ${url}`);
      let link = `<${url}>; rel="ice-server"`;
      if (username !== undefined) link += `; username=${quoted(username)}`;
      if (credential !== undefined) link += `; credential=${quoted(credential)}; credential-type="password"`;
      return link;
    }),
  );

/**
 * The ICE servers among the links of a `Link` header; several headers may be joined by commas, as `Headers.get` does.
 * Links of another relation are passed over.
 * @throws {MalformedError} `whep/link`; for any text whatsoever, nothing else
 */
export function parseIceServerLinks(header: string): IceServer[] {
  const servers: IceServer[] = [];
  const scanner = new Scanner(header);
  for (;;) {
    while (scanner.take(',')) {}
    if (scanner.done) return servers;
    const { url, parameters } = readLink(scanner);
    if (!(parameters.get('rel') ?? '').toLowerCase().split(/\s+/).includes('ice-server')) continue;
    const username = parameters.get('username');
    const credential = parameters.get('credential');
    servers.push({
      urls: [url],
      ...(username === undefined ? {} : { username }),
      ...(credential === undefined ? {} : { credential }),
    });
  }
}

function readLink(scanner: Scanner): { url: string; parameters: Map<string, string> } {
  const url = scanner.match(/<([^<>]*)>/y);
  const parameters = new Map<string, string>();
  while (scanner.take(';')) {
    const name = scanner.match(/([A-Za-z0-9!#$%&'*+.^_`|~-]+)/y).toLowerCase();
    let value = '';
    if (scanner.take('=')) {
      value = scanner.peek('"')
        ? scanner.match(/"((?:[^"\\]|\\.)*)"/sy).replaceAll(/\\(.)/gs, '$1')
        : scanner.match(/([^\s",;]+)/y);
    }
    // The first one counts (RFC 8288 §3.3).
    if (!parameters.has(name)) parameters.set(name, value);
  }
  if (!scanner.done && !scanner.peek(',')) throw malformed(scanner.rest);
  return { url, parameters };
}

const quoted = (value: string): string => {
  if (!PRINTABLE.test(value))
    throw new RangeError('ICE server user name or credential has an unprintable character');
  return `"${value.replaceAll(/[\\"]/g, String.raw`\$&`)}"`;
};

const malformed = (rest: string): MalformedError =>
  new MalformedError('whep/link', `Link header broken at "${rest.slice(0, 40)}"`);

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#skipSpace();
  }

  get done(): boolean {
    return this.#at === this.#text.length;
  }

  get rest(): string {
    return this.#text.slice(this.#at);
  }

  peek(character: string): boolean {
    return this.#text[this.#at] === character;
  }

  take(character: string): boolean {
    if (!this.peek(character)) return false;
    this.#at++;
    this.#skipSpace();
    return true;
  }

  match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const [whole, value] = pattern.exec(this.#text) ?? [];
    if (whole === undefined || value === undefined) throw malformed(this.rest);
    this.#at += whole.length;
    this.#skipSpace();
    return value;
  }

  #skipSpace(): void {
    while (this.peek(' ') || this.peek('\t')) this.#at++;
  }
}
