import { randomInt, randomUUID } from 'node:crypto';
import { MalformedError, type Micros, micros, microsToTicks, PinholeError } from '@pinhole/core';
import { NAL_TYPE, nalType, nalUnits, parseSps, profileLevelId } from '@pinhole/media/h264';
import { packetizeH264 } from '@pinhole/media/rtp';

/** One coded picture. */
export interface WritableUnit {
  /** Annex B; must not change any more. A key picture has its parameter sets with it. */
  readonly data: Uint8Array;
  /** On any clock that counts on; RTP time follows it. */
  readonly captureTime: Micros;
}

/** How a track is made. */
export interface NodeVideoTrackOptions {
  /** Called when a viewer needs a key picture: it is new, or has lost something. At most every 250 ms. */
  readonly onKeyFrameRequest: () => void;
}

/** What a track did. */
export interface NodeVideoTrackCounters {
  /** Pictures that were written. */
  readonly units: number;
  /** Times that a key picture was asked for. */
  readonly keyFrameRequests: number;
  /** Pictures not sent to a viewer that still waits for a key picture; one for each such viewer. */
  readonly unitsBeforeKey: number;
}

/** Where the packets of one connection go. */
export interface PacketOutlet {
  /** Connected: what is sent arrives. */
  isReady(): boolean;
  send(packet: { readonly payload: Uint8Array; readonly marker: boolean; readonly timestamp: number }): void;
}

/** A viewer's wish is remembered, however often it is repeated. */
const KEY_REQUEST_INTERVAL_MS = 250;
/** What every browser decodes: Constrained Baseline, level 3.1. */
export const DEFAULT_PROFILE = '42e01f';

/**
 * H.264 pictures on their way to any number of connections. Each is cut into packets once; a connection gets its first
 * picture with the next key picture, which is asked for at once.
 */
export class NodeVideoTrack {
  readonly kind = 'video';
  readonly id: string = randomUUID();
  readonly #options: NodeVideoTrackOptions;
  /** Whether it waits for a key picture, by connection. */
  readonly #outlets = new Map<PacketOutlet, { waitsForKey: boolean }>();
  readonly #firstTicks = randomInt(2 ** 32);
  readonly #counters = { units: 0, keyFrameRequests: 0, unitsBeforeKey: 0 };
  #firstCapture: Micros | undefined;
  #lastTicks = Number.NEGATIVE_INFINITY;
  #profileLevelId = DEFAULT_PROFILE;
  #requestedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(options: NodeVideoTrackOptions) {
    this.#options = options;
  }

  get readyState(): 'live' | 'ended' {
    return this.#stopped ? 'ended' : 'live';
  }

  get counters(): NodeVideoTrackCounters {
    return { ...this.#counters };
  }

  /** What an offer says of the pictures: the profile of the last key picture, or what every browser takes. */
  get profileLevelId(): string {
    return this.#profileLevelId;
  }

  /**
   * Sends a picture to all connections. Time stamps rise: one that does not is taken as a tick later than the one before.
   * @throws {PinholeError} `webrtc/track-ended`
   */
  write(unit: WritableUnit): void {
    if (this.#stopped)
      throw new PinholeError('webrtc/track-ended', 'the track was stopped: make another one');
    const nals = [...nalUnits(unit.data)];
    const key = nals.some((nal) => nalType(nal) === NAL_TYPE.idr);
    const timestamp = this.#timestampAt(unit.captureTime);
    this.#counters.units++;
    if (key) this.#readProfile(nals);
    const receivers = this.#receivers(key);
    if (receivers.length === 0) return;
    const payloads = packetizeH264(nals);
    payloads.forEach((payload, index) => {
      const packet = { payload, marker: index === payloads.length - 1, timestamp };
      for (const outlet of receivers) outlet.send(packet);
    });
  }

  /** No more pictures. May be called again. */
  stop(): void {
    this.#stopped = true;
    this.#outlets.clear();
  }

  /** Sends to a connection from its next key picture on; again where it has to begin anew. */
  attach(outlet: PacketOutlet): void {
    if (this.#stopped) return;
    this.#outlets.set(outlet, { waitsForKey: true });
  }

  detach(outlet: PacketOutlet): void {
    this.#outlets.delete(outlet);
  }

  /** A connection needs a key picture. */
  requestKeyFrame(): void {
    const now = performance.now();
    if (this.#stopped || now - this.#requestedAt < KEY_REQUEST_INTERVAL_MS) return;
    this.#requestedAt = now;
    this.#counters.keyFrameRequests++;
    this.#options.onKeyFrameRequest();
  }

  #receivers(key: boolean): readonly PacketOutlet[] {
    const receivers: PacketOutlet[] = [];
    let waiting = false;
    for (const [outlet, state] of this.#outlets) {
      if (!outlet.isReady()) continue;
      if (key) state.waitsForKey = false;
      if (state.waitsForKey) {
        waiting = true;
        this.#counters.unitsBeforeKey++;
      } else receivers.push(outlet);
    }
    if (waiting) this.requestKeyFrame();
    return receivers;
  }

  #timestampAt(captureTime: Micros): number {
    this.#firstCapture ??= captureTime;
    const ticks = microsToTicks(micros(captureTime - this.#firstCapture));
    this.#lastTicks = Math.max(ticks, this.#lastTicks + 1);
    return (((this.#firstTicks + this.#lastTicks) % 2 ** 32) + 2 ** 32) % 2 ** 32;
  }

  #readProfile(nals: readonly Uint8Array[]): void {
    const sps = nals.find((nal) => nalType(nal) === NAL_TYPE.sps);
    if (sps === undefined) return;
    try {
      this.#profileLevelId = profileLevelId(parseSps(sps));
    } catch (thrown) {
      // Browsers may still decode it; they are told what nearly every stream is.
      if (!(thrown instanceof MalformedError)) throw thrown;
    }
  }
}
