import { type Micros, microsToMillis } from '@pinhole/core';
import type { FootageReader, FootageRequest } from '@pinhole/outputs/archive';
import { HttpProblem } from '../http/problem.ts';
import { timeOf } from './time-of.ts';

/**
 * Answers `footage.mp4?from=TIME&to=TIME[&purpose=export][&gaps=closed][&origin=TIME][&download]`: any stretch of the
 * past as one file, coded as it was.
 *
 * @throws {PinholeError} `footage/*`; {HttpProblem} `recording/bad-time`, `footage/bad-option`
 */
export async function footageResponse(
  reader: FootageReader,
  request: Request,
  camera: string,
): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const footage = await reader.open(requestOf(query));
  const headers = new Headers({
    'Content-Type': footage.contentType,
    'Cache-Control': 'no-store',
    // It is made while it is read; how long it becomes is not known before.
    'Accept-Ranges': 'none',
    'X-Start-Time': isoOf(footage.startTime),
    'X-End-Time': isoOf(footage.endTime),
    'X-Origin-Time': isoOf(footage.origin),
    'X-Picture-Size': `${footage.picture.width}x${footage.picture.height}`,
    'X-Sound': footage.sound,
  });
  if (query.has('download')) {
    const name = `${camera}_${isoOf(footage.startTime).slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '_')}Z.mp4`;
    headers.set('Content-Disposition', `attachment; filename="${name}"`);
  }
  if (request.method === 'HEAD') {
    await footage.close();
    return new Response(null, { headers });
  }
  return new Response(footage.stream(), { headers });
}

function requestOf(query: URLSearchParams): FootageRequest {
  const origin = query.get('origin');
  return {
    from: timeOf('from', query.get('from') ?? ''),
    to: timeOf('to', query.get('to') ?? ''),
    purpose: choice(query, 'purpose', ['playback', 'export']),
    gaps: choice(query, 'gaps', ['kept', 'closed']),
    ...(origin !== null && { origin: timeOf('origin', origin) }),
  };
}

function choice<const Words extends readonly [string, string]>(
  query: URLSearchParams,
  name: string,
  words: Words,
): Words[number] {
  const text = query.get(name) ?? words[0];
  if (words.includes(text)) return text;
  throw new HttpProblem(
    400,
    'footage/bad-option',
    `${name} "${text.slice(0, 40)}": must be ${words.join(' or ')}`,
  );
}

/** A point in time as ISO 8601, to the millisecond. */
const isoOf = (time: Micros): string => new Date(microsToMillis(time)).toISOString();
