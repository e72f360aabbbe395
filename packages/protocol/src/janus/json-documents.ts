import { MAX_JANUS_REQUESTS, MAX_JANUS_TEXT_CHARS } from './error-codes.ts';
import { JanusRefusal } from './janus-refusal.ts';

/** Deeper than any request, and than any parser's stack. */
const MAX_DEPTH = 64;

const OPENING = new Set(['{', '[']);
const CLOSING = new Set(['}', ']']);

/**
 * The JSON documents in one message of a WebSocket: one, or several one after the other. Janus takes objects and lists;
 * all of them are read before any is acted upon.
 * @throws {JanusRefusal} `invalidJson`
 */
export function parseJanusDocuments(text: string): readonly unknown[] {
  if (text.length > MAX_JANUS_TEXT_CHARS)
    throw invalid(`${text.length} characters, at most ${MAX_JANUS_TEXT_CHARS}`);
  const documents: unknown[] = [];
  for (let at = afterSpace(text, 0); at < text.length || documents.length === 0; at = afterSpace(text, at)) {
    if (!OPENING.has(text.charAt(at))) {
      const near = text.slice(at, at + 20);
      throw invalid(`'[' or '{' expected near ${near === '' ? 'end of file' : `'${near}'`}`);
    }
    if (documents.length === MAX_JANUS_REQUESTS) throw invalid(`more than ${MAX_JANUS_REQUESTS} requests`);
    const end = endOfDocument(text, at);
    documents.push(parsed(text.slice(at, end)));
    at = end;
  }
  return documents;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(`no JSON near '${text.slice(0, 20)}'`);
  }
}

function afterSpace(text: string, from: number): number {
  let at = from;
  while (/[ \t\r\n]/.test(text.charAt(at))) at++;
  return at;
}

/** Behind the bracket that closes the first one. What is between them is the parser's to judge. */
function endOfDocument(text: string, start: number): number {
  let depth = 0;
  let quoted = false;
  for (let at = start; at < text.length; at++) {
    const character = text.charAt(at);
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') {
      quoted = true;
    } else if (OPENING.has(character)) {
      depth++;
      if (depth > MAX_DEPTH) throw invalid(`nested deeper than ${MAX_DEPTH}`);
    } else if (CLOSING.has(character)) {
      depth--;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

const invalid = (why: string): JanusRefusal =>
  new JanusRefusal('invalidJson', `Invalid Janus API request - ${why}`);
