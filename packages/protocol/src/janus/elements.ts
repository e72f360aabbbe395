import { checkElement, fieldOf, isObject, type JsonObject, textOf, wholeOf } from './fields.ts';
import { JanusRefusal } from './janus-refusal.ts';
import type { JanusCandidate, JanusJsep } from './session-parts.ts';

/** The longest session description taken, in UTF-16 units. */
const MAX_SDP_CHARS = 65_536;
/** The longest candidate taken, in UTF-16 units. */
const MAX_CANDIDATE_CHARS = 4096;
/** Candidates in one request; browsers find some ten. */
const MAX_CANDIDATES = 64;
/** What of an opaque id is kept. */
const MAX_OPAQUE_CHARS = 256;

/**
 * What `create` asks for: the id that the client wants for its session, if it wants one.
 * @throws {JanusRefusal} `invalidElementType`
 */
export function createElements(fields: JsonObject): { readonly id: number | undefined } {
  checkElement(fields, 'id', { type: 'a positive integer', need: 'optional' });
  const id = wholeOf(fields, 'id');
  return { id: id === 0 ? undefined : id };
}

/**
 * What `attach` asks for.
 * @throws {JanusRefusal} `missingElement`, `invalidElementType`
 */
export function attachElements(fields: JsonObject): {
  readonly plugin: string;
  readonly opaqueId: string | undefined;
} {
  checkElement(fields, 'plugin', { type: 'a string', need: 'mandatory' });
  checkElement(fields, 'opaque_id', { type: 'a string', need: 'optional' });
  checkElement(fields, 'loop_index', { type: 'a positive integer', need: 'optional' });
  return {
    plugin: textOf(fields, 'plugin') ?? '',
    opaqueId: textOf(fields, 'opaque_id')?.slice(0, MAX_OPAQUE_CHARS),
  };
}

/**
 * What `message` brings: the plugin's own request, and a session description or none.
 * @throws {JanusRefusal} `missingElement`, `invalidElementType`, `notAnObject`, `unknownJsepType`, `invalidSdp`
 */
export function messageElements(fields: JsonObject): {
  readonly body: JsonObject;
  readonly jsep: JanusJsep | undefined;
} {
  checkElement(fields, 'body', { type: 'an object', need: 'mandatory' });
  const body = fieldOf(fields, 'body');
  return { body: isObject(body) ? body : {}, jsep: jsepOf(fieldOf(fields, 'jsep')) };
}

function jsepOf(jsep: unknown): JanusJsep | undefined {
  if (jsep === undefined || jsep === null) return undefined;
  if (!isObject(jsep)) throw new JanusRefusal('notAnObject', 'Invalid jsep object');
  const about = 'JSEP error';
  checkElement(jsep, 'type', { type: 'a string', need: 'mandatory', about });
  checkElement(jsep, 'sdp', { type: 'a string', need: 'mandatory', about });
  checkElement(jsep, 'trickle', { type: 'a boolean', need: 'optional', about });
  const [type = '', sdp = ''] = [textOf(jsep, 'type')?.toLowerCase(), textOf(jsep, 'sdp')];
  if (type !== 'offer' && type !== 'answer') {
    throw new JanusRefusal('unknownJsepType', `JSEP error: unknown message type '${type.slice(0, 64)}'`);
  }
  if (sdp.length > MAX_SDP_CHARS) {
    throw new JanusRefusal('invalidSdp', `JSEP error: ${sdp.length} characters, at most ${MAX_SDP_CHARS}`);
  }
  if (!['o', 's', 'm'].every((line) => new RegExp(`^${line}=`, 'm').test(sdp))) {
    throw new JanusRefusal('invalidSdp', 'Missing mandatory lines (o=, s= or m=)');
  }
  return { type, sdp, trickle: fieldOf(jsep, 'trickle') !== false };
}

/**
 * The candidates of a `trickle`. One that is none is passed over, as Janus does; `null` says that there are no more.
 * @returns the candidates, and how many were passed over.
 * @throws {JanusRefusal} `missingElement`, `invalidJson`
 */
export function trickleElements(fields: JsonObject): {
  readonly candidates: readonly JanusCandidate[];
  readonly passedOver: number;
} {
  const [one, several] = [fieldOf(fields, 'candidate'), fieldOf(fields, 'candidates')];
  if (one === undefined && several === undefined) {
    throw new JanusRefusal('missingElement', 'Missing mandatory element (candidate|candidates)');
  }
  if (one !== undefined && several !== undefined) {
    throw new JanusRefusal('invalidJson', "Can't have both candidate and candidates");
  }
  const given: readonly unknown[] = Array.isArray(several) ? several : [one];
  const candidates = given.slice(0, MAX_CANDIDATES).flatMap((each) => candidateOf(each) ?? []);
  return { candidates, passedOver: given.length - candidates.length };
}

/** A candidate as it stands in JSON; undefined for what is none. */
export function candidateOf(json: unknown): JanusCandidate | undefined {
  if (json === null) return { completed: true };
  if (!isObject(json)) return undefined;
  if (fieldOf(json, 'completed') === true) return { completed: true };
  const candidate = textOf(json, 'candidate');
  if (candidate === undefined || candidate.length > MAX_CANDIDATE_CHARS) return undefined;
  const [sdpMid, sdpMLineIndex] = [textOf(json, 'sdpMid'), wholeOf(json, 'sdpMLineIndex')];
  if (sdpMid === undefined && sdpMLineIndex === undefined) return undefined;
  return {
    candidate,
    ...(sdpMid !== undefined && { sdpMid }),
    ...(sdpMLineIndex !== undefined && { sdpMLineIndex }),
  };
}
