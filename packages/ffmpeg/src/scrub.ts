const USER_INFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s/'"]*@/gi;
const SHORTEST_SECRET = 4;

/** Takes the credentials out of every URL in a text: `rtsp://user:pass@host/` becomes `rtsp://host/`. */
export const scrubCredentials = (text: string): string => text.replaceAll(USER_INFO, '$1');

/**
 * Makes what takes the credentials of `url` out of any text, also where they stand alone, as typed or decoded.
 * A password of fewer than four characters is taken out within URLs only: it would hit innocent words.
 */
export function createScrubber(url: string): (text: string) => string {
  const secrets = secretsOf(url);
  return (text) => secrets.reduce((clean, secret) => clean.replaceAll(secret, '***'), scrubCredentials(text));
}

function secretsOf(url: string): readonly string[] {
  const userInfo = /^[a-z][a-z0-9+.-]*:\/\/([^\s/]*)@/i.exec(url)?.[1];
  if (userInfo === undefined) return [];
  const password = userInfo.slice(userInfo.indexOf(':') + 1);
  return [...new Set([userInfo, password, decoded(password)])]
    .filter((secret) => secret.length >= SHORTEST_SECRET)
    .toSorted((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone `%` is part of the password
  }
}
