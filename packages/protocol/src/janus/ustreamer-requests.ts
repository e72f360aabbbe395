import { fieldOf, isObject, type JsonObject, textOf, wholeOf } from './fields.ts';

/** The name of µStreamer's plugin. */
export const USTREAMER_PLUGIN = 'janus.plugin.ustreamer';

/** How far a viewer wants the picture turned; counter-clockwise, as plugins since µStreamer 6.29 do. */
export type UstreamerOrientation = 0 | 90 | 180 | 270;

/** What a viewer wishes of the stream. Servers leave out what they do not know. */
export interface UstreamerWishes {
  readonly audio?: boolean;
  readonly mic?: boolean;
  readonly camera?: boolean;
  readonly orientation?: UstreamerOrientation;
  /** Which of several cameras; servers other than Pinhole have one alone, and pass this over. */
  readonly camera_id?: string;
}

/** What a viewer asks of the plugin, in the body of a `message`. */
export type UstreamerRequest =
  | { readonly request: 'watch'; readonly params?: UstreamerWishes }
  | { readonly request: 'start' | 'stop' | 'key_required' | 'features' };

/** What the plugin says to a request that it cannot take, as numbers and texts of an event. */
export const USTREAMER_ERROR = {
  requestMissing: { code: 400, text: 'Request missing' },
  requestNotText: { code: 400, text: 'Request not a string' },
  notImplemented: { code: 405, text: 'Not implemented' },
  noParameterSets: { code: 503, text: "Haven't received SPS/PPS from memsink yet" },
} as const;

/** Why a body is no request of the plugin. */
export type UstreamerFault = Exclude<keyof typeof USTREAMER_ERROR, 'noParameterSets'>;

const REQUESTS = ['start', 'stop', 'key_required', 'features'] as const;
const MAX_CAMERA_ID_CHARS = 64;

/** Reads the body of a message to the plugin: the request with its wishes, or what is wrong with it. */
export function parseUstreamerBody(
  body: JsonObject,
): { readonly request: UstreamerRequest } | { readonly fault: UstreamerFault } {
  const word = fieldOf(body, 'request');
  if (word === undefined) return { fault: 'requestMissing' };
  if (typeof word !== 'string') return { fault: 'requestNotText' };
  if (word === 'watch') return { request: { request: word, params: wishesOf(fieldOf(body, 'params')) } };
  const request = REQUESTS.find((each) => each === word);
  return request === undefined ? { fault: 'notImplemented' } : { request: { request } };
}

/** Wishes of the wrong type count as left out. */
function wishesOf(params: unknown): UstreamerWishes {
  if (!isObject(params)) return {};
  const cameraId = textOf(params, 'camera_id');
  const orientation = ([90, 180, 270] as const).find((turn) => turn === wholeOf(params, 'orientation'));
  return {
    audio: fieldOf(params, 'audio') === true,
    // One plugin called it so, in 6.22 and 6.23.
    mic: fieldOf(params, 'mic') === true || fieldOf(params, 'microphone') === true,
    camera: fieldOf(params, 'camera') === true,
    orientation: orientation ?? 0,
    ...(cameraId !== undefined && { camera_id: cameraId.slice(0, MAX_CAMERA_ID_CHARS) }),
  };
}
