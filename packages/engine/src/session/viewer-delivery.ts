import type { Stream } from '../stream/stream.ts';

/** What one viewer is sent of a camera now. */
export interface ViewerDelivery {
  /** The camera's stream, or its second and smaller one. */
  readonly stream: 'main' | 'sub';
  /** All; all but those that no other picture needs; key pictures alone. */
  readonly pictures: 'all' | 'reference' | 'keys';
  /**
   * Why it is not all of the main stream: a queue grows on the way to the viewer, packets are lost, or the viewer itself says how little gets through.
   */
  readonly why?: 'queue' | 'loss' | 'estimate';
  /** What got through lately, in bits a second, where it is known. */
  readonly bitsPerSecond?: number;
}

/** What was decided for viewers whose network is slow; all since the start. */
export interface DeliveryCounters {
  /** Pictures left out because no other picture needs them. */
  readonly framesDroppedNonReference: number;
  /** Pictures left out up to a key picture. */
  readonly framesDroppedWaitingForKey: number;
  /** Times that more or less was sent from then on. */
  readonly deliverySteps: number;
  /** Times that one of the camera's streams took the other's place. */
  readonly streamSwitches: number;
  /** Times that the sub stream was wanted and could not be used: it did not come, or the viewer could not decode it. */
  readonly subStreamRefusals: number;
}

/** The smaller stream of a camera, of the same picture; it runs while somebody needs it. */
export interface SubStream {
  readonly stream: Stream;
  /** @returns a function that ends the wish; it may be called again. */
  acquire(): () => void;
}
