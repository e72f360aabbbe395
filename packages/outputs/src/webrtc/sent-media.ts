import { type Micros, micros } from '@pinhole/core';
import type {
  AccessUnitSink,
  AudioFrame,
  Delivery,
  DeliveryCounters,
  RtpAnchor,
  Stream,
  StreamReader,
  StreamUnit,
  SubStream,
  ViewerDelivery,
} from '@pinhole/engine';
import type { SenderReport } from '@pinhole/media/rtp';
import type { DatagramPath, SrtpKeys } from '@pinhole/webrtc';
import { PathEstimate } from './delivery/path-estimate.ts';
import { ViewerPictures } from './delivery/viewer-pictures.ts';
import { IdleRepeat } from './idle-repeat.ts';
import type {
  NegotiatedAudio,
  NegotiatedSession,
  NegotiatedVideo,
  SentTracks,
} from './negotiated-session.ts';
import { PacketizedStream } from './packetized-stream.ts';
import type { Fanout, RtpSender } from './rtp-sender.ts';
import { RtxStream } from './rtx-stream.ts';
import { ViewerRtp, type ViewerRtpCounters } from './viewer-rtp.ts';
import { ViewerSound } from './viewer-sound.ts';

/** What sending to one viewer is made with. */
export interface SentMediaOptions {
  readonly stream: Stream;
  /** Takes the stream's place where the way is too slow for that. */
  readonly sub?: SubStream;
  /** What is heard of the way to the viewer; one of its own unless given. */
  readonly pathEstimate?: PathEstimate;
  readonly fanout: Fanout;
  readonly keys: SrtpKeys;
  readonly path: DatagramPath;
  readonly tracks: SentTracks;
  /** How far the viewer turns the picture clockwise. */
  readonly rotation?: 0 | 90 | 180 | 270;
  readonly now: () => Micros;
  /** Called when something else of the picture is sent from now on. */
  readonly deliveryChanged?: () => void;
  /** Called when the sub stream is wanted and cannot be used, with why in words. */
  readonly subRefused?: (why: string) => void;
}

/** The cached GOP is sent once more this often at most: a viewer asks again until it can decode. */
const REPLAY_EVERY = micros(2_000_000);

/**
 * What one viewer is sent of a stream, from the end of the handshake on: picture, sound, both or none of them, and
 * another choice whenever one was agreed on. What was begun keeps its numbering, however often it rests.
 */
export class SentMedia implements AccessUnitSink {
  readonly #options: SentMediaOptions;
  readonly #idle: IdleRepeat;
  readonly #estimate: PathEstimate;
  readonly #pictures: ViewerPictures;
  #video: ViewerRtp | undefined;
  #sound: ViewerSound | undefined;
  #sends = { video: false, sound: false };
  #reader: StreamReader | undefined;
  #paused = false;
  #replayedAt = micros(Number.NEGATIVE_INFINITY);

  constructor(options: SentMediaOptions) {
    this.#options = options;
    const {
      stream,
      sub,
      pathEstimate = new PathEstimate(),
      now,
      deliveryChanged: changed,
      subRefused,
    } = options;
    this.#estimate = pathEstimate;
    this.#pictures = new ViewerPictures({
      stream,
      ...(sub && { sub }),
      path: pathEstimate,
      now,
      ...(changed && { changed }),
      ...(subRefused && { subRefused }),
      sink: {
        pressure: () => this.pressure,
        write: (unit, delivery, packetized, at) => {
          if (!this.#sends.video) return;
          this.#idle.wrote(at);
          this.#video?.write(unit, delivery, packetized, at);
        },
        probe: () => this.#video?.probe(),
        refresh: () => this.refresh(),
      },
    });
    this.#idle = new IdleRepeat({
      stream,
      write: (unit) => this.#video?.write(unit, { discontinuity: false, catchUp: true }),
      rest: () => this.#reader?.pause(),
      wake: () => this.#reader?.resume(),
    });
  }

  /** 0…1: what of the picture waits on its way. */
  get pressure(): number {
    return this.#sends.video ? (this.#video?.pressure ?? 0) : 0;
  }

  /** Takes a unit of the stream, and sends it if it is to be. */
  write(unit: StreamUnit, delivery: Delivery): void {
    if (this.#sends.video) this.#pictures.write(unit, delivery);
  }

  /** Takes a frame of sound. */
  writeAudio(frame: AudioFrame): void {
    if (this.#sends.sound) this.#sound?.write(frame);
  }

  /** What was sent of the picture; undefined before there was one. */
  get video(): ViewerRtpCounters | undefined {
    return this.#video?.counters;
  }

  /** What was decided about the picture. */
  get deliveryCounters(): DeliveryCounters {
    return this.#pictures.counters;
  }

  /** What of the picture is sent now; undefined while none is. */
  get delivery(): ViewerDelivery | undefined {
    return this.#sends.video ? this.#pictures.delivery : undefined;
  }

  /** Where RTP time and capture time meet for this viewer; undefined before the first picture. */
  get anchor(): RtpAnchor | undefined {
    return this.#video?.anchor;
  }

  /** Packets and bytes of the sound. */
  get sound(): ViewerSound['counters'] | undefined {
    return this.#sound?.counters;
  }

  /** Sends what was agreed on from now on. */
  send({ video, audio }: Pick<NegotiatedSession, 'video' | 'audio'>): void {
    const before = this.#sends;
    if (video?.sends) this.#video ??= this.#openVideo(video);
    if (audio?.sends) this.#sound ??= this.#openSound(audio);
    this.#sends = { video: video?.sends === true, sound: audio?.sends === true };
    if (!this.#sends.video && !this.#sends.sound) this.stop();
    else if (!this.#reader) this.#start();
    // Nothing can be decoded before a key frame.
    else if (this.#sends.video && !before.video && !this.#paused) this.#replay(this.#options.now());
  }

  /** Sends nothing until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#reader?.pause();
    this.#pictures.rest();
  }

  resume(): void {
    this.#paused = false;
    this.#reader?.resume();
  }

  /** Feedback of the viewer was read. */
  look(): void {
    if (this.#sends.video && !this.#paused) this.#pictures.look();
  }

  /** Sends again what the viewer asks for; what is no longer there only a key frame mends. */
  resend(sequences: readonly number[]): void {
    // The viewer would say so itself, but only after seconds without a picture.
    if (this.#video?.resend(sequences, this.#options.now())) this.refresh();
  }

  /** The decoder lost its way: a key frame of the encoder, or where it makes none, the cached GOP once more. */
  refresh(): void {
    const { stream } = this.#pictures;
    const now = this.#options.now();
    if (!this.#sends.video) return;
    if (stream.keyFrameOnRequest) stream.requestKeyFrame(now);
    else if (!this.#paused && now - this.#replayedAt >= REPLAY_EVERY) this.#replay(now);
  }

  /** Sends the last pictures again where none came lately. Called about once a second where that is wished. */
  repeatWhenIdle(): void {
    const isMain = this.#pictures.stream === this.#options.stream;
    if (this.#sends.video && !this.#paused && isMain) this.#idle.tick(this.#options.now());
  }

  /** What is told of all that was sent. */
  reports(now: Micros): readonly SenderReport[] {
    return [this.#video?.report(now), this.#sound?.report(now)].filter((report) => report !== undefined);
  }

  /** Takes nothing more of the stream. */
  stop(): void {
    this.#reader?.detach();
    this.#reader = undefined;
    this.#pictures.rest();
  }

  close(): void {
    this.stop();
    this.#video?.close();
    this.#sound?.close();
  }

  #openVideo({ mid, payloadType, rtxPayloadType: rtx, extensionIds }: NegotiatedVideo): ViewerRtp {
    const { stream, fanout, keys, path, tracks, rotation = 0, now } = this.#options;
    const ssrc = tracks.videoSsrc;
    const sender = fanout.open({ keys, path, ssrc, payloadType });
    const openRtx = (rtxType: number): RtpSender =>
      fanout.open({ keys, path, ssrc: tracks.rtxSsrc, payloadType: rtxType });
    return new ViewerRtp({
      packetized: PacketizedStream.of(stream),
      sender,
      ...(rtx !== undefined && { rtx: new RtxStream(() => openRtx(rtx)) }),
      path,
      ssrc,
      mid,
      extensionIds,
      ...(extensionIds.transportSequence !== undefined && { estimate: this.#estimate }),
      rotation,
      now,
    });
  }

  #openSound({ mid, payloadType, extensionIds }: NegotiatedAudio): ViewerSound {
    const { fanout, keys, path, tracks } = this.#options;
    const ssrc = tracks.audioSsrc;
    const sender = fanout.open({ keys, path, ssrc, payloadType });
    return new ViewerSound({ sender, path, ssrc, mid, extensionIds });
  }

  #start(): void {
    const { stream, now } = this.#options;
    this.#replayedAt = now();
    this.#reader = stream.attach(this, { now });
    if (this.#paused) this.#reader.pause();
  }

  #replay(now: Micros): void {
    this.#replayedAt = now;
    if (this.#pictures.stream !== this.#options.stream) {
      this.#pictures.replaySub();
      return;
    }
    this.#reader?.pause();
    this.#reader?.resume();
  }
}
