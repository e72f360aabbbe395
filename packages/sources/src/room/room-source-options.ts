import type { Logger } from '@pinhole/core';
import type { TransportOpener } from '@pinhole/webrtc';
import type { SourceClock } from '../clock.ts';
import type { TranscoderTuning } from '../transcoder.ts';
import type { OpenRoomLink } from './room-link.ts';

/** What a camera that is in a signaling room is made with. */
export interface RoomSourceOptions {
  readonly room: string;
  readonly cameraId: string;
  readonly open: OpenRoomLink;
  readonly transports: TransportOpener;
  /** How H.264 is made of the pictures of one that sends JPEG. */
  readonly encoder?: TranscoderTuning;
  readonly log?: Logger;
  readonly clock?: SourceClock;
}

/** What came of a camera in a room since the source was made. */
export interface RoomCounters {
  readonly requests: number;
  readonly offers: number;
  /** Offers that could not be answered. */
  readonly offersRefused: number;
  /** Requests that came to nothing. */
  readonly refusals: number;
  readonly pictures: number;
}
