import { type JanusHttp, MAX_SERVER_TEXT_CHARS } from '@pinhole/protocol/janus-session';

/** Asks a Janus by the browser's fetch. */
export const browserHttp: JanusHttp = ({ method, url, body, parting }) => {
  const abort = new AbortController();
  const answer = fetch(url, {
    method,
    signal: abort.signal,
    cache: 'no-store',
    // Goes out also when the page does.
    ...(parting && { keepalive: true }),
    ...(body !== undefined && { body, headers: { 'Content-Type': 'application/json' } }),
  }).then(async (response) => ({ status: response.status, body: await boundedText(response) }));
  return { answer, cancel: () => abort.abort() };
};

/** Reads no more than shows that it is too long. */
async function boundedText({ body }: Response): Promise<string> {
  if (!body) return '';
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += value;
    if (text.length <= MAX_SERVER_TEXT_CHARS) continue;
    await reader.cancel();
    return text;
  }
}
