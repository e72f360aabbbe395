import { fieldOf, isObject, type JsonObject, textOf, wholeOf } from './fields.ts';

/** What the plugin can do. */
export interface UstreamerFeatures {
  readonly audio: boolean;
  readonly mic: boolean;
  /** A STUN or TURN server for the viewer; undefined where the plugin names none. */
  readonly ice?: { readonly url: string };
}

/** What the plugin says in an event. */
export type UstreamerEvent =
  | { readonly kind: 'started' }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'features'; readonly features: UstreamerFeatures }
  | { readonly kind: 'error'; readonly code: number; readonly text: string }
  /** A status that is newer than this. */
  | { readonly kind: 'unknown'; readonly status: string };

/**
 * How the plugin answers. Up to µStreamer 6.17 (`early`) a request is acknowledged, and its event names the transaction;
 * since 6.18 (`late`) it succeeds with `{"ok":true}`, and the event names none. In both the event comes first.
 */
export type UstreamerEra = 'early' | 'late';

/** What a plugin of the late era says at once to every request, right or wrong. */
export const USTREAMER_OK = { ok: true } as const;

/** The data of an event. */
export function ustreamerEventData(event: UstreamerEvent): JsonObject {
  switch (event.kind) {
    case 'started':
    case 'stopped':
      return { ustreamer: 'event', result: { status: event.kind } };
    case 'features':
      return { ustreamer: 'event', result: { status: 'features', features: event.features } };
    case 'error':
      return { ustreamer: 'event', error_code: event.code, error: event.text };
    case 'unknown':
      return { ustreamer: 'event', result: { status: event.status } };
  }
}

/**
 * Reads the data of a plugin's event, of any release; also that of Janus's streaming plugin, which says the same with
 * other words.
 * @returns undefined for data that tells neither a status nor an error.
 */
export function parseUstreamerEvent(data: JsonObject): UstreamerEvent | undefined {
  const code = wholeOf(data, 'error_code');
  if (code !== undefined) return { kind: 'error', code, text: textOf(data, 'error') ?? '' };
  const result = fieldOf(data, 'result');
  const status = isObject(result) ? textOf(result, 'status') : undefined;
  if (!isObject(result) || status === undefined) return undefined;
  switch (status) {
    case 'started':
    case 'stopped':
      return { kind: status };
    case 'features':
      return { kind: status, features: featuresOf(fieldOf(result, 'features')) };
    default:
      return { kind: 'unknown', status: status.slice(0, 64) };
  }
}

/** Of all releases: the microphone had another name once, and a STUN server stood alone. */
function featuresOf(json: unknown): UstreamerFeatures {
  if (!isObject(json)) return { audio: false, mic: false };
  const url = iceUrlOf(json);
  return {
    audio: fieldOf(json, 'audio') === true,
    mic: fieldOf(json, 'mic') === true || fieldOf(json, 'microphone') === true,
    ...(url !== undefined && { ice: { url } }),
  };
}

function iceUrlOf(json: JsonObject): string | undefined {
  const [ice, stun] = [fieldOf(json, 'ice'), fieldOf(json, 'stun')];
  const url = isObject(ice) ? textOf(ice, 'url') : undefined;
  if (url !== undefined) return url === '' ? undefined : url;
  if (!isObject(stun)) return undefined;
  const [host, port] = [textOf(stun, 'host'), wholeOf(stun, 'port')];
  return host === undefined || host === '' || port === undefined ? undefined : `stun:${host}:${port}`;
}
