import { MalformedError } from '@pinhole/core';
import { RtspHeaders } from './headers.ts';
import { RTSP_LIMITS, type RtspLimits } from './limits.ts';
import type { RtspMessage } from './message.ts';

/** A message whose body has not come yet. */
export interface RtspHead {
  readonly message: RtspMessage;
  readonly bodyBytes: number;
}

/**
 * Parses a start line and its header fields. Tolerates what cameras send: line ends of LF alone, folded lines, lines
 * without a colon (passed over), a status without a reason, blanks round names and values.
 *
 * @param text up to the empty line, which may be left out.
 * @throws {MalformedError} `rtsp/start-line`, `rtsp/too-many-headers`, `rtsp/content-length`, `rtsp/body-too-large`
 * @see RFC 2326 §6, §7, §12.14
 */
export function parseRtspHead(text: string, limits: RtspLimits = RTSP_LIMITS): RtspHead {
  const [startLine = '', ...rows] = text.trimEnd().split(/\r?\n/);
  const headers = parseHeaders(rows, limits);
  return { message: parseStartLine(startLine, headers), bodyBytes: bodyBytesOf(headers, limits) };
}

const NO_BODY = new Uint8Array();

function parseStartLine(line: string, headers: RtspHeaders): RtspMessage {
  const [, digits, reason] = /^RTSP\/\d\.\d +([1-5]\d\d)(?: +(.*))?$/i.exec(line.trimEnd()) ?? [];
  if (digits !== undefined) {
    return { kind: 'response', status: Number(digits), reason: reason ?? '', headers, body: NO_BODY };
  }
  const [, method, url] = /^([A-Z_]+) +(\S+) +RTSP\/\d\.\d$/.exec(line.trimEnd()) ?? [];
  if (method === undefined || url === undefined) {
    throw new MalformedError(
      'rtsp/start-line',
      `begins with ${JSON.stringify(line.slice(0, 60))}, need "RTSP/1.0 <status> <reason>" or "<method> <url> RTSP/1.0"`,
    );
  }
  return { kind: 'request', method, url, headers, body: NO_BODY };
}

function parseHeaders(rows: readonly string[], limits: RtspLimits): RtspHeaders {
  if (rows.length > limits.headerFields) {
    throw new MalformedError(
      'rtsp/too-many-headers',
      `${rows.length} header lines, at most ${limits.headerFields}`,
    );
  }
  const fields: [string, string][] = [];
  for (const row of rows) {
    const last = fields.at(-1);
    if (/^[ \t]/.test(row) && last !== undefined) {
      last[1] = `${last[1]} ${row.trim()}`.trim();
      continue;
    }
    const colon = row.indexOf(':');
    const name = row.slice(0, Math.max(0, colon)).trim();
    if (name !== '') fields.push([name, row.slice(colon + 1).trim()]);
  }
  return new RtspHeaders(fields);
}

function bodyBytesOf(headers: RtspHeaders, limits: RtspLimits): number {
  const text = headers.get('Content-Length');
  if (text === undefined || text === '') return 0;
  if (!/^\d{1,15}$/.test(text)) {
    throw new MalformedError(
      'rtsp/content-length',
      `Content-Length ${JSON.stringify(text.slice(0, 40))}, need a whole number`,
    );
  }
  const bytes = Number(text);
  if (bytes > limits.bodyBytes) {
    throw new MalformedError('rtsp/body-too-large', `a body of ${bytes} bytes, at most ${limits.bodyBytes}`);
  }
  return bytes;
}
