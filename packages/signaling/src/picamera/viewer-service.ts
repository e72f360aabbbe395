import type { Identity, PeerRequest } from '@pinhole/engine';
import type { TopicFamily } from '@pinhole/protocol/picamera';

/** A viewer who is about to be answered. */
export interface ServedViewer {
  /** Its MQTT client id. */
  readonly clientId: string;
  /** The newest family of topics on which it spoke: before it says something on its channels, all there is to know. */
  readonly family: TopicFamily;
  readonly who: Identity;
}

/** What a viewer gets besides the picture: one for each connection. */
export interface ViewerService {
  /** Channels and sound of its peer. */
  readonly peer: Pick<PeerRequest, 'channels' | 'onDataChannel' | 'audio' | 'onAudio'>;
  /** The connection is over, or never came about. Called once. */
  closed(): void;
}

/** Makes what a viewer gets. */
export type ServeViewer = (viewer: ServedViewer) => ViewerService;
