import { randomInt } from 'node:crypto';
import { type Logger, MalformedError, type Micros, messageOf, micros, PinholeError } from '@pinhole/core';
import type {
  ChannelViewer,
  MessagePipe,
  Peer,
  PeerEvent,
  PeerRequest,
  PeerStats,
  StreamReader,
  ViewerEnd,
} from '@pinhole/engine';
import { serializeRtcp, type WritableRtcp } from '@pinhole/media/rtp';
import { parseCandidate } from '@pinhole/media/sdp';
import type { TransportOpener, WeriftTransport } from '@pinhole/webrtc';
import { PacketizedStream } from './packetized-stream.ts';
import type { Fanout } from './rtp-sender.ts';
import { buildAnswer } from './viewer-answer.ts';
import { ViewerFeedback } from './viewer-feedback.ts';
import { readOffer, type ViewerOffer } from './viewer-offer.ts';
import { ViewerRtp } from './viewer-rtp.ts';

/** What every peer of a factory shares. */
export interface PeerContext {
  readonly transports: TransportOpener;
  readonly fanout: Fanout;
  readonly cname: string;
  readonly now: () => Micros;
  readonly log: Logger;
  readonly onChannel: (pipe: MessagePipe, viewer: ChannelViewer) => void;
}

/** `heard` is told this often at most. */
const HEARD_EVERY = micros(500_000);

/** The cached GOP is sent once more this often at most: a viewer asks again until it can decode. */
const REPLAY_EVERY = micros(2_000_000);

/** A viewer that is there reports at least once a second. */
const SILENT_AFTER = micros(3_500_000);

const REPORT_EVERY_MS = 1000;

/** One viewer's connection, from its offer to its end. */
export class ViewerPeer implements Peer {
  readonly answer: string;
  readonly #request: PeerRequest;
  readonly #context: PeerContext;
  readonly #offer: ViewerOffer;
  readonly #transport: WeriftTransport;
  readonly #ssrc: number;
  readonly #feedback: ViewerFeedback;
  readonly #endings: ((why: ViewerEnd) => void)[] = [];
  #rtp: ViewerRtp | undefined;
  #reader: StreamReader | undefined;
  #ticks: NodeJS.Timeout | undefined;
  #heardAt: Micros | undefined;
  #toldHeardAt = micros(Number.NEGATIVE_INFINITY);
  #silent = false;
  #over = false;
  #paused = false;
  #replayedAt = micros(Number.NEGATIVE_INFINITY);
  #closing: Promise<void> | undefined;

  private constructor(
    request: PeerRequest,
    context: PeerContext,
    opened: { readonly offer: ViewerOffer; readonly transport: WeriftTransport },
  ) {
    this.#request = request;
    this.#context = context;
    this.#offer = opened.offer;
    this.#transport = opened.transport;
    this.#ssrc = randomInt(1, 2 ** 32);
    this.answer = buildAnswer(opened.offer, {
      ...opened.transport.local,
      ssrc: this.#ssrc,
      cname: context.cname,
    });
    this.#feedback = new ViewerFeedback({
      ssrc: this.#ssrc,
      handlers: {
        nack: (sequences) => {
          // The viewer would say so itself, but only after seconds without a picture.
          if (this.#rtp?.resend(sequences, context.now())) this.#refresh();
        },
        keyFrame: () => this.#refresh(),
        bye: () => this.#tell({ kind: 'left' }),
      },
    });
  }

  /**
   * Answers an offer and waits for the viewer.
   * @throws {PinholeError} `webrtc/*`, as `PeerFactory` says
   */
  static async open(request: PeerRequest, context: PeerContext): Promise<ViewerPeer> {
    const { video = 'required', audio = 'off', channels = [] } = request;
    if (video !== 'required' || audio !== 'off' || channels.length > 0) {
      throw new PinholeError('webrtc/unsupported', 'video, audio and channels: only pictures are served');
    }
    const { parameters } = request.stream;
    if (!parameters)
      throw new PinholeError('webrtc/unsupported', 'the camera has sent no picture yet: try again');
    const offer = readOffer(request.offer, parameters);
    const transport = await context.transports.open(offer);
    if (request.signal?.aborted) {
      await transport.close();
      throw new PinholeError('webrtc/unsupported', 'the viewer left before it was answered');
    }
    const peer = new ViewerPeer(request, context, { offer, transport });
    peer.#start();
    return peer;
  }

  async addCandidate(candidate: string): Promise<void> {
    if (this.#closing || candidate.trim() === '' || /^(?:a=)?end-of-candidates/.test(candidate)) return;
    try {
      await this.#transport.addRemoteCandidate(parseCandidate(candidate));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#context.log.debug({ reason: error.message }, 'candidate passed over');
    }
  }

  renegotiate(): Promise<string> {
    return Promise.reject(new PinholeError('webrtc/unsupported', 'a connection takes one offer alone'));
  }

  stats(): PeerStats {
    const { counters, roundTripTime, fractionLost } = this.#feedback;
    const { path } = this.#transport;
    return {
      packetsSent: this.#rtp?.counters.packetsSent ?? 0,
      bytesSent: this.#rtp?.counters.bytesSent ?? 0,
      nacksReceived: counters.nacksReceived,
      packetsResent: this.#rtp?.counters.packetsResent ?? 0,
      keyFramesRequested: counters.keyFramesRequested,
      nacksUnanswered: (this.#rtp?.counters.nacksTooLate ?? 0) + (this.#rtp?.counters.nacksRefused ?? 0),
      rtcpMalformed: counters.malformed,
      ...this.#transport.counters,
      ...(roundTripTime !== undefined && { roundTripTime }),
      ...(fractionLost !== undefined && { fractionLost }),
      ...(path !== undefined && { path }),
    };
  }

  close(why?: ViewerEnd): Promise<void> {
    this.#closing ??= this.#end(why);
    return this.#closing;
  }

  #start(): void {
    const { log } = this.#context;
    this.#transport.start({
      connected: () => this.#connected(),
      closed: () => this.#tell({ kind: 'left' }),
      failed: (why) => this.#tell({ kind: 'failed', why }),
      rtcp: (datagram) => {
        this.#hear();
        this.#feedback.read(datagram, this.#context.now());
      },
      heard: () => this.#hear(),
      channel: (pipe) => this.#context.onChannel(pipe, this.#channelViewer()),
    });
    for (const candidate of this.#offer.candidates) {
      this.addCandidate(candidate).catch((error: unknown) =>
        log.warn({ reason: messageOf(error) }, 'candidate'),
      );
    }
  }

  #connected(): void {
    if (this.#closing) return;
    const { stream } = this.#request;
    const { now, fanout } = this.#context;
    const { keys, datagrams: path } = this.#transport;
    this.#rtp = new ViewerRtp({
      packetized: PacketizedStream.of(stream),
      sender: fanout.open({ keys, path, ssrc: this.#ssrc, payloadType: this.#offer.format.payloadType }),
      path,
      ssrc: this.#ssrc,
      mid: this.#offer.video.mid,
      extensionIds: this.#offer.extensionIds,
      now,
    });
    this.#heardAt = now();
    this.#tell({ kind: 'connected' });
    // What handles the event may have closed us.
    if (this.#closed) return;
    this.#replayedAt = now();
    this.#reader = stream.attach(this.#rtp, { now });
    // The first report soon after the first packets: the viewer cannot tell capture times before it.
    this.#ticks = setTimeout(() => this.#tick(), 50);
  }

  /** The decoder lost its way: a key frame of the encoder, or where it makes none, the cached GOP once more. */
  #refresh(): void {
    const { stream } = this.#request;
    const now = this.#context.now();
    if (stream.keyFrameOnRequest) stream.requestKeyFrame(now);
    else if (!this.#paused && now - this.#replayedAt >= REPLAY_EVERY) this.#replay(now);
  }

  #replay(now: Micros): void {
    this.#replayedAt = now;
    this.#reader?.pause();
    this.#reader?.resume();
  }

  get #closed(): boolean {
    return this.#closing !== undefined;
  }

  #tick(): void {
    this.#ticks = setTimeout(() => this.#tick(), REPORT_EVERY_MS);
    const now = this.#context.now();
    const report = this.#rtp?.report(now);
    if (report) this.#sendRtcp([report, this.#description()]);
    this.#transport.tidy();
    if (!this.#silent && this.#heardAt !== undefined && now - this.#heardAt > SILENT_AFTER) {
      this.#silent = true;
      this.#tell({ kind: 'disconnected' });
    }
  }

  #hear(): void {
    const now = this.#context.now();
    this.#heardAt = now;
    if (now - this.#toldHeardAt < HEARD_EVERY && !this.#silent) return;
    this.#silent = false;
    this.#toldHeardAt = now;
    this.#tell({ kind: 'heard' });
  }

  /** Nothing follows `left` or `failed`. */
  #tell(event: PeerEvent): void {
    if (this.#closed || this.#over) return;
    this.#over = event.kind === 'left' || event.kind === 'failed';
    this.#request.handle(event);
  }

  #channelViewer(): ChannelViewer {
    const { stream, who } = this.#request;
    return {
      stream,
      ...(who && { who }),
      rtpAnchor: () => PacketizedStream.of(stream).anchor,
      pause: () => {
        this.#paused = true;
        this.#reader?.pause();
      },
      resume: () => {
        this.#paused = false;
        this.#reader?.resume();
      },
      requestKeyFrame: () => this.#refresh(),
      leave: () => this.#tell({ kind: 'left' }),
      ending: (listener) => this.#endings.push(listener),
    };
  }

  #description(): WritableRtcp {
    return { kind: 'source-description', sources: [{ ssrc: this.#ssrc, cname: this.#context.cname }] };
  }

  #sendRtcp(packets: readonly WritableRtcp[]): void {
    this.#transport.sendRtcp(serializeRtcp(packets));
  }

  async #end(why: ViewerEnd | undefined): Promise<void> {
    clearTimeout(this.#ticks);
    this.#reader?.detach();
    try {
      try {
        if (why) for (const tell of this.#endings) tell(why);
        this.#sayBye();
      } finally {
        await this.#transport.close();
      }
    } catch (error) {
      this.#context.log.warn({ reason: messageOf(error) }, 'a viewer connection did not close cleanly');
    }
  }

  #sayBye(): void {
    const report = this.#rtp?.report(this.#context.now());
    this.#rtp?.close();
    if (report) this.#sendRtcp([report, this.#description(), { kind: 'bye', ssrcs: [this.#ssrc] }]);
  }
}
