import type { PictureWays, PlayerName, TransportName, UnavailableWay } from '@pinhole/client';
import type { Mode } from './view-settings.ts';

/** What carries and what shows the picture now. */
export interface CurrentWay {
  readonly transport: TransportName;
  readonly player: PlayerName;
}

/** The modes as people know them, and what each is good for. */
export const MODE_WORDS: Readonly<Record<Mode, { readonly name: string; readonly good: string }>> = {
  auto: { name: 'Automatic', good: 'the least delay that works here' },
  webrtc: { name: 'WebRTC', good: 'H.264 with the least delay, best by UDP' },
  websocket: { name: 'WebSocket', good: 'H.264 that passes every proxy' },
  jpeg: { name: 'MJPEG', good: 'JPEG pictures; more data, plays anywhere' },
};

/** What Automatic is for a camera that makes JPEG. */
export const OWN_JPEG = 'the camera’s own JPEG pictures, else H.264';

/**
 * How a player is told to play in a mode.
 *
 * A camera's own JPEG pictures cost no encoder in the server, no time for encoding and decoding, and are as good as the
 * camera makes them: they come first where nobody chooses.
 */
export function waysOf(mode: Mode, { jpeg }: { readonly jpeg: boolean }): PictureWays {
  switch (mode) {
    case 'auto':
      return jpeg ? { transports: ['websocket'], players: ['jpeg', 'webcodecs', 'mse'] } : {};
    case 'webrtc':
      return { transports: ['webrtc'] };
    case 'websocket':
      return { transports: ['websocket'], players: ['webcodecs', 'mse'] };
    case 'jpeg':
      return { transports: ['websocket'], players: ['jpeg'] };
  }
}

/** Names of what carries the picture, as people know them. */
export const TRANSPORT_NAMES = { webrtc: 'WebRTC', websocket: 'WebSocket', janus: 'Janus' } as const;

/** The name of a way, short. */
export const nameOf = ({ transport, player }: CurrentWay): string =>
  player === 'jpeg' ? 'MJPEG' : TRANSPORT_NAMES[transport];

/** The mode that plays a way, whether somebody chose it or not. */
export const modeOf = ({ transport, player }: CurrentWay): Mode => {
  if (player === 'jpeg') return 'jpeg';
  return transport === 'websocket' ? 'websocket' : 'webrtc';
};

/** What is known of how the picture comes. */
export interface WaySituation {
  readonly mode: Mode;
  readonly way: CurrentWay | undefined;
  readonly unavailable: readonly UnavailableWay[];
  /** Why this browser cannot use WebCodecs, when it is so. */
  readonly noWebCodecs?: string | undefined;
}

/**
 * Why the picture comes another way than it could, and what happens next; in sentences.
 * @returns undefined when it comes as it should
 */
export function whyOtherwise({ mode, way, unavailable, noWebCodecs }: WaySituation): string | undefined {
  const sentences = unavailable.map(({ transport, code, reason, nextInMs }) => {
    const next =
      nextInMs === undefined
        ? 'It is not tried again.'
        : nextInMs === 0
          ? 'It is being tried again.'
          : `Next try in ${Math.ceil(nextInMs / 1000)} s.`;
    return `${TRANSPORT_NAMES[transport]}: ${sentence(lowered(KNOWN_REASONS[code] ?? reason))} ${next}`;
  });
  const replaced = way?.player === 'mse' || (way?.player === 'jpeg' && mode === 'auto');
  if (replaced && noWebCodecs !== undefined && unavailable.length > 0) sentences.push(sentence(noWebCodecs));
  if (sentences.length === 0) return undefined;
  if (way && (mode === 'auto' || modeOf(way) !== mode)) sentences.push(`It plays by ${nameOf(way)}.`);
  return sentences.join(' ');
}

/** What a browser that found no path does not say, and what it mostly is. */
const KNOWN_REASONS: Readonly<Record<string, string>> = {
  'webrtc/no-picture': 'no path by UDP or TCP brought a picture within 10 seconds',
};

const lowered = (text: string): string => {
  // Not of a name, as in "WebRTC is …" or "UDP …".
  const second = text.charAt(1);
  return second === second.toLowerCase() ? text.charAt(0).toLowerCase() + text.slice(1) : text;
};

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`);
