const LEVEL_WORDS: Readonly<Record<number, string>> = { 20: 'debug', 30: 'info ', 40: 'WARN ', 50: 'ERROR' };

/** One JSON log line as a person reads it: time, level, message, then `key=value`. Anything else stays as it is. */
export function textLine(json: string): string {
  let line: Record<string, unknown>;
  try {
    line = JSON.parse(json) as Record<string, unknown>;
  } catch {
    return json; // not ours: show it rather than lose it
  }
  const { level, time, msg, ...fields } = line;
  const clock = typeof time === 'string' ? time.slice(11, 23) : '';
  const rest = Object.entries(fields).map(
    ([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  const words = [clock, LEVEL_WORDS[Number(level)] ?? String(level), String(msg), ...rest];
  return `${visible(words.join(' '))}\n`;
}

/** What came from elsewhere begins no line of its own, and does not steer the terminal. */
const visible = (text: string): string =>
  text.replaceAll(
    /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
