import type { Micros } from '@pinhole/core';
import type { Stream } from '../stream/stream.ts';
import type { Identity, ViewerEnd } from './viewer.ts';
import type { DeliveryCounters, ViewerDelivery } from './viewer-delivery.ts';

/** A point at which a stream's two clocks meet. */
export interface RtpAnchor {
  /** 0…2^32−1, as it stands in RTP headers. */
  readonly rtpTimestamp: number;
  readonly captureTime: Micros;
}

/** What a channel's other end may do with its viewer's stream. */
export interface ChannelViewer {
  readonly stream: Stream;
  /** Whose channel it is; nobody's in particular when left out. */
  readonly who?: Identity;
  /** Where RTP time and capture time meet; undefined before the first picture. */
  rtpAnchor(): RtpAnchor | undefined;
  /** What of the picture is sent now; undefined before there is any. */
  delivery?(): ViewerDelivery | undefined;
  /** What was decided about that; undefined before there is any. */
  deliveryCounters?(): DeliveryCounters | undefined;
  /** Calls `listener` whenever something else is sent from then on. */
  deliveryChanged?(listener: () => void): void;
  /** Sends no picture until `resume`. */
  pause(): void;
  resume(): void;
  requestKeyFrame(): void;
  /** The viewer said that it leaves. */
  leave(): void;
  /** Calls `listener` when we end the connection, while something can still be said. */
  ending(listener: (why: ViewerEnd) => void): void;
}
