import { PinholeError } from '@pinhole/core';
import { USTREAMER_ERROR } from '@pinhole/protocol/janus';

/** Why somebody cannot watch, as the plugin's event says it. */
export interface WatchRefusal {
  readonly code: number;
  readonly text: string;
  /** Clients that come again at once on 503 would do so as fast as the network lets them. */
  readonly told: 'now' | 'in time';
}

/** No camera of that name, or none that the client may see. */
export const NO_CAMERA: WatchRefusal = { code: 404, text: 'No such camera', told: 'now' };

/** What of an error of the engine a client is told; undefined for what is our own fault. */
export function watchRefusalOf(thrown: unknown): WatchRefusal | undefined {
  if (!(thrown instanceof PinholeError)) return undefined;
  const { code, message } = thrown;
  switch (code) {
    case 'camera/not-live':
      return { ...USTREAMER_ERROR.noParameterSets, told: 'in time' };
    case 'session/limit':
    case 'session/ended':
    case 'webrtc/bind':
    case 'webrtc/no-address':
      // The code that clients know as "come again".
      return { code: USTREAMER_ERROR.noParameterSets.code, text: message, told: 'in time' };
    case 'webrtc/b-frames':
      return { code: 415, text: message, told: 'now' };
    default:
      return code.startsWith('webrtc/') ? { code: 415, text: message, told: 'now' } : undefined;
  }
}
