/** One way of proving who one is, as a server offers it. */
export interface AuthenticationChallenge {
  /** Lower case: `basic`, `digest`, … */
  readonly scheme: string;
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const SCHEME = /[\s,]*([A-Za-z][\w-]*)(?=\s|,|$)(?!\s*=)/y;
const PARAMETER = /[\s,]*([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^\s,"]*))/y;

/**
 * Parses the values of all WWW-Authenticate headers of an answer: several challenges in one, or each in its own.
 * What cannot be read ends its value; never throws.
 * @see RFC 2326 §14, RFC 7235 §4.1
 */
export function parseChallenges(headers: readonly string[]): readonly AuthenticationChallenge[] {
  return headers.flatMap(parseHeader);
}

function parseHeader(header: string): readonly AuthenticationChallenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(header);
    if (found !== null) at = pattern.lastIndex;
    return found;
  };
  while (at < header.length) {
    const scheme = match(SCHEME)?.[1];
    if (scheme !== undefined) {
      challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
      continue;
    }
    const [, name, quoted, plain] = match(PARAMETER) ?? [];
    const parameters = challenges.at(-1)?.parameters;
    if (name === undefined || parameters === undefined) break;
    parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? plain ?? '');
  }
  return challenges;
}
