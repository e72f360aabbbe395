import type { RemoteSide } from '@pinhole/webrtc';

/** The header extensions that we write, by their ids in the session; those without one are left out. */
export interface ExtensionIds {
  readonly mid?: number;
  readonly transportSequence?: number;
  readonly playoutDelay?: number;
  readonly absCaptureTime?: number;
  readonly videoOrientation?: number;
}

/** How the picture is sent. */
export interface NegotiatedVideo {
  readonly mid: string;
  readonly payloadType: number;
  /** By which lost packets come again in a stream of their own; without it they come again as they were. @see RFC 4588 */
  readonly rtxPayloadType?: number;
  readonly extensionIds: ExtensionIds;
  /** We send it; it may rest by turns. */
  readonly sends: boolean;
}

/** How Opus is sent, received, both or neither. */
export interface NegotiatedAudio {
  readonly mid: string;
  readonly payloadType: number;
  readonly extensionIds: ExtensionIds;
  /** We send the stream's sound. */
  readonly sends: boolean;
  /** The viewer sends what it says. */
  readonly receives: boolean;
}

/** All that a running connection needs to know of an offer and its answer, whichever end made which. */
export interface NegotiatedSession extends RemoteSide {
  readonly video?: NegotiatedVideo;
  readonly audio?: NegotiatedAudio;
  /** Values of `candidate` attributes of the viewer. */
  readonly candidates: readonly string[];
}

/** What a connection calls what it sends, for offers and answers. */
export interface SentTracks {
  readonly cname: string;
  readonly videoSsrc: number;
  readonly audioSsrc: number;
  /** Of the picture's packets that are sent again. */
  readonly rtxSsrc: number;
  /** Names of the viewer's `MediaStream` and its tracks. */
  readonly msid: { readonly stream: string; readonly video: string; readonly audio: string };
}
