import { MalformedError } from '@pinhole/core';
import { candidateOf } from './elements.ts';
import { fieldOf, isObject, type JsonObject, textOf, wholeOf } from './fields.ts';
import type {
  JanusHandleEvent,
  JanusPluginData,
  JanusServerMessage,
  JanusUnknownMessage,
} from './server-messages.ts';
import type { JanusJsep } from './session-parts.ts';

/** Text of a server that is none of Janus's. */
export class JanusMessageError extends MalformedError<'janus/json' | 'janus/message'> {
  override readonly name = 'JanusMessageError';
}

/** More events than any server gives in one answer. */
const MAX_EVENTS = 1024;

/**
 * Reads what a server sent: one message, or the list that a long poll is answered with. Fields that are newer than this
 * are left out, and messages of kinds that are come out as `unknown`.
 * @throws {JanusMessageError} `janus/json`, `janus/message`; for any text whatsoever, nothing else
 */
export function parseJanusServerText(text: string): readonly (JanusServerMessage | JanusUnknownMessage)[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new JanusMessageError('janus/json', 'what the server sent is not JSON', { cause });
  }
  if (!Array.isArray(json)) return [parseJanusServerMessage(json)];
  if (json.length > MAX_EVENTS) throw malformed(`a list of ${json.length}, at most ${MAX_EVENTS}`);
  return json.map(parseJanusServerMessage);
}

/**
 * Reads one message of a server.
 * @throws {JanusMessageError} `janus/message`; for any JSON whatsoever, nothing else
 */
export function parseJanusServerMessage(json: unknown): JanusServerMessage | JanusUnknownMessage {
  if (!isObject(json)) throw malformed('no object');
  const verb = textOf(json, 'janus');
  if (verb === undefined) throw malformed('janus: missing, or no text');
  const session = optional(json, { sessionId: 'session_id' });
  const transaction = transactionOf(json);
  switch (verb) {
    case 'success': {
      const data = fieldOf(json, 'data');
      // Older servers name the new session at the top.
      const id = isObject(data) ? wholeOf(data, 'id') : undefined;
      const plugin = pluginDataOf(json);
      return {
        janus: verb,
        ...session,
        ...transaction,
        ...optional(json, { sender: 'sender' }),
        ...(id !== undefined && { id }),
        ...(plugin && { plugin }),
        ...jsepOf(json),
      };
    }
    case 'ack':
      return { janus: verb, ...session, ...transaction };
    case 'pong':
      return { janus: verb, ...transaction };
    case 'error': {
      const error = fieldOf(json, 'error');
      if (!isObject(error)) throw malformed('error: no object');
      const [code, reason] = [wholeOf(error, 'code'), textOf(error, 'reason')];
      if (code === undefined) throw malformed('error.code: no whole number');
      return { janus: verb, ...session, ...transaction, code, reason: reason ?? '' };
    }
    case 'server_info': {
      const { janus: _, transaction: __, ...about } = json;
      return { janus: verb, ...transaction, about };
    }
    case 'timeout':
      return { janus: verb, sessionId: needed(json, 'session_id') };
    case 'keepalive':
      return { janus: verb };
    default:
      return handleEventOf(verb, json) ?? { janus: 'unknown', verb: verb.slice(0, 64) };
  }
}

function handleEventOf(verb: string, json: JsonObject): JanusHandleEvent | undefined {
  const at = () => ({ sessionId: needed(json, 'session_id'), sender: needed(json, 'sender') });
  switch (verb) {
    case 'event': {
      const plugin = pluginDataOf(json);
      if (!plugin) throw malformed('plugindata: missing in an event');
      return { janus: verb, ...at(), ...transactionOf(json), plugin, ...jsepOf(json) };
    }
    case 'webrtcup':
    case 'detached':
      return { janus: verb, ...at() };
    case 'hangup':
      return { janus: verb, ...at(), reason: textOf(json, 'reason') ?? '' };
    case 'media':
      return {
        janus: verb,
        ...at(),
        mid: textOf(json, 'mid') ?? '',
        type: textOf(json, 'type') === 'audio' ? 'audio' : 'video',
        receiving: fieldOf(json, 'receiving') === true,
      };
    case 'slowlink':
      return {
        janus: verb,
        ...at(),
        mid: textOf(json, 'mid') ?? '',
        media: textOf(json, 'media') === 'audio' ? 'audio' : 'video',
        uplink: fieldOf(json, 'uplink') === true,
        lost: wholeOf(json, 'lost') ?? 0,
      };
    case 'trickle': {
      const candidate = candidateOf(fieldOf(json, 'candidate'));
      if (candidate === undefined) throw malformed('candidate: no candidate');
      return { janus: verb, ...at(), candidate };
    }
    default:
      return undefined;
  }
}

function pluginDataOf(json: JsonObject): JanusPluginData | undefined {
  const given = fieldOf(json, 'plugindata');
  if (given === undefined) return undefined;
  const [plugin, data] = isObject(given) ? [textOf(given, 'plugin'), fieldOf(given, 'data')] : [];
  if (plugin === undefined || !isObject(data)) throw malformed('plugindata: no plugin with its data');
  return { plugin, data };
}

function jsepOf(json: JsonObject): { readonly jsep?: JanusJsep } {
  const given = fieldOf(json, 'jsep');
  if (given === undefined || given === null) return {};
  const [type, sdp] = isObject(given) ? [textOf(given, 'type'), textOf(given, 'sdp')] : [];
  if ((type !== 'offer' && type !== 'answer') || sdp === undefined) {
    throw malformed('jsep: no offer or answer with its sdp');
  }
  return { jsep: { type, sdp } };
}

function transactionOf(json: JsonObject): { readonly transaction?: string } {
  const transaction = textOf(json, 'transaction');
  return transaction === undefined ? {} : { transaction };
}

/** Whole numbers under other names, as far as they are there. */
function optional<Name extends string>(
  json: JsonObject,
  names: Readonly<Record<Name, string>>,
): { readonly [Each in Name]?: number } {
  const pairs = Object.entries<string>(names).map(([ours, theirs]) => [ours, wholeOf(json, theirs)] as const);
  return Object.fromEntries(pairs.filter(([, value]) => value !== undefined)) as {
    readonly [Each in Name]?: number;
  };
}

function needed(json: JsonObject, name: string): number {
  const value = wholeOf(json, name);
  if (value === undefined) throw malformed(`${name}: no whole number`);
  return value;
}

const malformed = (why: string): JanusMessageError =>
  new JanusMessageError('janus/message', `what the server sent is no message of Janus: ${why}`);
