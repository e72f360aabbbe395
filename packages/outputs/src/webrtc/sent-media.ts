import { type Micros, micros } from '@pinhole/core';
import type { Stream, StreamReader } from '@pinhole/engine';
import type { SenderReport } from '@pinhole/media/rtp';
import type { DatagramPath, SrtpKeys } from '@pinhole/webrtc';
import type { NegotiatedSession, SentTracks } from './negotiated-session.ts';
import { PacketizedStream } from './packetized-stream.ts';
import type { Fanout } from './rtp-sender.ts';
import { ViewerRtp, type ViewerRtpCounters } from './viewer-rtp.ts';

/** The cached GOP is sent once more this often at most: a viewer asks again until it can decode. */
const REPLAY_EVERY = micros(2_000_000);

/** What one viewer is sent of a stream, from the end of the handshake on. */
export class SentMedia {
  readonly #stream: Stream;
  readonly #now: () => Micros;
  readonly #video: ViewerRtp;
  #reader: StreamReader | undefined;
  #paused = false;
  #replayedAt = micros(Number.NEGATIVE_INFINITY);

  constructor(options: {
    readonly stream: Stream;
    readonly fanout: Fanout;
    readonly keys: SrtpKeys;
    readonly path: DatagramPath;
    readonly tracks: SentTracks;
    readonly video: NonNullable<NegotiatedSession['video']>;
    readonly now: () => Micros;
  }) {
    const { stream, fanout, keys, path, tracks, video, now } = options;
    const { payloadType, mid, extensionIds } = video;
    const ssrc = tracks.videoSsrc;
    this.#stream = stream;
    this.#now = now;
    this.#video = new ViewerRtp({
      packetized: PacketizedStream.of(stream),
      sender: fanout.open({ keys, path, ssrc, payloadType }),
      path,
      ssrc,
      mid,
      extensionIds,
      now,
    });
  }

  get counters(): ViewerRtpCounters {
    return this.#video.counters;
  }

  /** Sends from now on. */
  start(): void {
    this.#replayedAt = this.#now();
    this.#reader = this.#stream.attach(this.#video, { now: this.#now });
  }

  /** Sends nothing until `resume`. */
  pause(): void {
    this.#paused = true;
    this.#reader?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#reader?.resume();
  }

  /** Sends again what the viewer asks for; what is no longer there only a key frame mends. */
  resend(sequences: readonly number[]): void {
    // The viewer would say so itself, but only after seconds without a picture.
    if (this.#video.resend(sequences, this.#now())) this.refresh();
  }

  /** The decoder lost its way: a key frame of the encoder, or where it makes none, the cached GOP once more. */
  refresh(): void {
    const now = this.#now();
    if (this.#stream.keyFrameOnRequest) this.#stream.requestKeyFrame(now);
    else if (!this.#paused && now - this.#replayedAt >= REPLAY_EVERY) this.#replay(now);
  }

  /** What is told of all that was sent. */
  reports(now: Micros): readonly SenderReport[] {
    const report = this.#video.report(now);
    return report ? [report] : [];
  }

  /** Takes nothing more of the stream. */
  stop(): void {
    this.#reader?.detach();
  }

  close(): void {
    this.stop();
    this.#video.close();
  }

  #replay(now: Micros): void {
    this.#replayedAt = now;
    this.#reader?.pause();
    this.#reader?.resume();
  }
}
