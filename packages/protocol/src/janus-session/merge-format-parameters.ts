/** Lines of one payload type in one m-section. */
interface FormatLine {
  readonly at: number;
  readonly parameters: string[];
}

/**
 * An SDP whose payload types have one `a=fmtp` line each, made of all that they had. Plugins of µStreamer up to 6.47 write
 * a line for each parameter, of which most parsers read one alone. What is given twice counts as it came first.
 * @returns the input where there is nothing to merge
 */
export function mergeFormatParameters(sdp: string): string {
  const rows = sdp.split('\r\n').flatMap((row) => row.split('\n'));
  const dropped = new Set<number>();
  let lines = new Map<string, FormatLine>();
  for (const [at, row] of rows.entries()) {
    if (row.startsWith('m=')) lines = new Map();
    const [, type, text] = /^a=fmtp:(\d{1,3}) +(.*\S)/.exec(row) ?? [];
    if (type === undefined || text === undefined) continue;
    const parameters = text.split(';').map((each) => each.trim());
    const first = lines.get(type);
    if (first === undefined) {
      lines.set(type, { at, parameters });
      continue;
    }
    const known = new Set(first.parameters.map(nameOf));
    first.parameters.push(...parameters.filter((each) => each !== '' && !known.has(nameOf(each))));
    rows[first.at] = `a=fmtp:${type} ${first.parameters.join(';')}`;
    dropped.add(at);
  }
  return dropped.size === 0 ? sdp : rows.filter((_, at) => !dropped.has(at)).join('\r\n');
}

const nameOf = (parameter: string): string => parameter.split('=', 1)[0]?.trim().toLowerCase() ?? '';
