import { MalformedError, millis } from '@pinhole/core';
import type { SourceAudioFrame } from '@pinhole/engine';
import type { DemuxedUnit } from '@pinhole/ffmpeg';
import {
  parseAbsCaptureTime,
  parseExtensionElements,
  parseRtp,
  parseTransportSequence,
  type RtpPacket,
} from '@pinhole/media/rtp';
import type { SourceClock } from '../clock.ts';
import { ArrivalLog } from '../rtp/arrival-log.ts';
import { type AudioCounters, AudioReceiver } from '../rtp/audio-receiver.ts';
import { type NackCounters, NackList } from '../rtp/nack-list.ts';
import { originalOf } from '../rtp/retransmission.ts';
import type { RtpCounters } from '../rtp/rtp-counters.ts';
import { RtpReceiver, randomRtcpName } from '../rtp/rtp-receiver.ts';
import { OpusPackets } from '../rtp/sound-depacketizer.ts';
import { ASK_AGAIN_EVERY, type FeedbackCounters, PublisherFeedback } from './publisher-feedback.ts';
import type { PublisherOffer } from './publisher-offer.ts';

/** Where a publisher's media go. */
export interface PublishedMedia {
  write(unit: DemuxedUnit): void;
  /** On a time line of its own, from 0 at the first frame. */
  audio(frame: SourceAudioFrame): void;
  /** The publisher said that it sends no more pictures for now. */
  bye(): void;
}

/** What became of a publisher's packets. */
export interface PublishedCounters extends RtpCounters {
  readonly nacks: NackCounters;
  readonly feedback: FeedbackCounters;
  readonly audio: AudioCounters | undefined;
}

/**
 * A lost packet is asked for again and waited for so long; then a key picture takes its place. It bounds what one loss
 * can delay.
 */
const PATIENCE = millis(250);

/** A second of 8 Mbit/s. */
const MAX_WAITING_PACKETS = 1024;

/**
 * Takes apart what a publisher sends: pictures and sound, packets sent again, and what its bandwidth estimator wants to
 * hear of. Nothing in it throws for any packet.
 */
export class PublisherReception {
  readonly #offer: PublisherOffer;
  readonly #clock: SourceClock;
  readonly #send: (datagram: Uint8Array) => void;
  readonly #video: RtpReceiver;
  readonly #audio: AudioReceiver | undefined;
  readonly #nacks = new NackList({ maxAgeMs: PATIENCE });
  readonly #arrivals = new ArrivalLog();
  readonly #feedback: PublisherFeedback;
  #cancelAsking: (() => void) | undefined;
  #packetsMalformed = 0;
  #packetsForeign = 0;

  constructor(options: {
    readonly offer: PublisherOffer;
    readonly clock: SourceClock;
    readonly media: PublishedMedia;
    /** Takes RTCP for the publisher. */
    readonly send: (datagram: Uint8Array) => void;
  }) {
    const { offer, clock, media, send } = options;
    const own = randomRtcpName();
    this.#offer = offer;
    this.#clock = clock;
    this.#send = send;
    this.#video = new RtpReceiver(
      {
        payloadType: offer.format.payloadType,
        ticksPerSecond: 90_000,
        parameterSets: [],
        reorder: { packets: MAX_WAITING_PACKETS, waitMs: PATIENCE },
        own,
        clock,
      },
      { write: (unit) => media.write(unit), received: () => {}, bye: () => media.bye() },
    );
    this.#audio =
      offer.audio &&
      new AudioReceiver({
        depacketizer: new OpusPackets(),
        clock,
        own,
        write: (frame) => media.audio(frame),
      });
    const { reducedSize, format } = offer;
    this.#feedback = new PublisherFeedback({ own, reducedSize, kinds: format.feedback, send });
  }

  get counters(): PublishedCounters {
    const { packetsMalformed, packetsForeign, ...video } = this.#video.counters;
    return {
      ...video,
      packetsMalformed: packetsMalformed + this.#packetsMalformed,
      packetsForeign: packetsForeign + this.#packetsForeign,
      nacks: this.#nacks.counters,
      feedback: this.#feedback.counters,
      audio: this.#audio?.counters,
    };
  }

  /** Takes a packet of RTP; nobody may change its bytes later. */
  rtp(bytes: Uint8Array): void {
    try {
      const packet = parseRtp(bytes);
      this.#readExtensions(packet);
      this.#take(packet);
    } catch (thrown) {
      if (!(thrown instanceof MalformedError)) throw thrown;
      this.#packetsMalformed++;
    }
  }

  /** Takes a datagram of RTCP. */
  rtcp(datagram: Uint8Array): void {
    this.#video.rtcp(datagram);
    this.#audio?.rtcp(datagram);
  }

  /** Asks for a key picture. */
  requestKeyFrame(): void {
    const { ssrc } = this.#video;
    if (ssrc !== undefined) this.#feedback.askForKey(ssrc, this.#clock.monotonicNow());
  }

  /** Called some twenty times a second. */
  tick(): void {
    const { ssrc } = this.#video;
    if (ssrc === undefined) return;
    this.#feedback.tellArrivals(this.#arrivals, ssrc);
    if (this.#video.waitsForKey) this.#feedback.keepAskingForKey(ssrc, this.#clock.monotonicNow());
  }

  /** Called once a second. */
  report(): void {
    this.#send(this.#video.report());
    const audio = this.#audio?.report();
    if (audio) this.#send(audio);
  }

  /** Ends its timers; what waits is forgotten. */
  close(): void {
    this.#cancelAsking?.();
    this.#video.close();
    this.#audio?.close();
  }

  #take(packet: RtpPacket): void {
    const { format, retransmissionType, audio } = this.#offer;
    switch (packet.payloadType) {
      case format.payloadType:
        if (this.#video.packet(packet)) this.#note(packet);
        return;
      case retransmissionType:
        this.#restore(packet);
        return;
      case audio?.payloadType:
        this.#audio?.packet(packet);
        return;
      default:
        this.#packetsForeign++;
    }
  }

  #restore(packet: RtpPacket): void {
    const { ssrc } = this.#video;
    const { payloadType } = this.#offer.format;
    const original = ssrc === undefined ? undefined : originalOf(packet, { payloadType, ssrc });
    if (!original) return;
    this.#video.restored(original);
    this.#note(original);
  }

  #note({ sequence }: RtpPacket): void {
    const now = this.#clock.monotonicNow();
    this.#nacks.received(sequence, now);
    if (this.#nacks.waits) this.#keepAsking();
    const { ssrc, waitsForKey } = this.#video;
    if (waitsForKey && ssrc !== undefined) this.#feedback.keepAskingForKey(ssrc, now);
  }

  #keepAsking(): void {
    this.#cancelAsking ??= this.#clock.after(ASK_AGAIN_EVERY, () => {
      this.#cancelAsking = undefined;
      const { ssrc } = this.#video;
      if (ssrc === undefined) return;
      this.#feedback.askAgain(this.#nacks, ssrc, this.#clock.monotonicNow());
      if (this.#nacks.waits) this.#keepAsking();
    });
  }

  #readExtensions({ extension, payloadType, timestamp }: RtpPacket): void {
    const { transportSequence, absCaptureTime } = this.#offer.extensionIds;
    if (!extension) return;
    for (const { id, value } of parseExtensionElements(extension)) {
      if (id === transportSequence) this.#arrivals.add(parseTransportSequence(value), this.#clock.utcNow());
      else if (id === absCaptureTime && payloadType === this.#offer.format.payloadType)
        this.#video.captured(parseAbsCaptureTime(value).captureTime, timestamp);
    }
  }
}
