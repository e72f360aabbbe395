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
  return `${[clock, LEVEL_WORDS[Number(level)] ?? String(level), String(msg), ...rest].join(' ')}\n`;
}
