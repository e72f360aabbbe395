/** Who we are, as the camera knows it; percent-decoded. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** The user information of a URL, what stands before its `@`, taken apart and decoded. */
export function credentialsOf(userInfo: string): Credentials {
  const colon = userInfo.indexOf(':');
  const user = colon === -1 ? userInfo : userInfo.slice(0, colon);
  return { user: decoded(user), password: colon === -1 ? '' : decoded(userInfo.slice(colon + 1)) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a lone `%` is part of the password
  }
}
