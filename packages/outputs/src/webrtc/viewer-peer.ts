import { randomInt } from 'node:crypto';
import { type Logger, MalformedError, type Micros, messageOf } from '@pinhole/core';
import type {
  ChannelViewer,
  MessagePipe,
  PeerEvent,
  PeerMedia,
  PeerStats,
  Stream,
  ViewerEnd,
} from '@pinhole/engine';
import { serializeRtcp, type WritableRtcp } from '@pinhole/media/rtp';
import { parseCandidate } from '@pinhole/media/sdp';
import { messagePipeOf, PIPE_LABEL, type TransportOpener, type WeriftTransport } from '@pinhole/webrtc';
import { compoundReport } from './compound-report.ts';
import { PathEstimate } from './delivery/path-estimate.ts';
import { HeardViewer } from './heard-viewer.ts';
import { Liveness } from './liveness.ts';
import type { NegotiatedSession, SentTracks } from './negotiated-session.ts';
import { PacketizedStream } from './packetized-stream.ts';
import type { Fanout } from './rtp-sender.ts';
import { SentMedia } from './sent-media.ts';
import { ViewerFeedback } from './viewer-feedback.ts';

/** What every peer of a factory shares. */
export interface PeerContext {
  readonly transports: TransportOpener;
  readonly fanout: Fanout;
  readonly cname: string;
  readonly now: () => Micros;
  readonly log: Logger;
  readonly onChannel: (pipe: MessagePipe, viewer: ChannelViewer) => void;
}

const REPORT_EVERY_MS = 1000;

/** The first report soon after the first packets: the viewer cannot tell capture times before it. */
const FIRST_REPORT_MS = 50;

/** What a connection that was not asked otherwise calls what it sends. */
const MSID = { stream: 'pinhole', video: 'video', audio: 'audio' } as const;

/** One viewer's connection as it runs, from what both ends agreed on to its end; whose offer that was is all the same. */
export class ViewerPeer {
  /** What is sent, for the offer or the answer. */
  readonly tracks: SentTracks;
  readonly #media: PeerMedia;
  readonly #context: PeerContext;
  readonly #transport: WeriftTransport;
  readonly #feedback: ViewerFeedback;
  readonly #liveness = new Liveness();
  readonly #path = new PathEstimate();
  readonly #deliveryListeners: (() => void)[] = [];
  readonly #endings: ((why: ViewerEnd) => void)[] = [];
  readonly #heard: HeardViewer | undefined;
  #session: NegotiatedSession | undefined;
  #sent: SentMedia | undefined;
  #ticks: NodeJS.Timeout | undefined;
  #over = false;
  #closing: Promise<void> | undefined;

  /** Takes the transport over. */
  constructor(media: PeerMedia, context: PeerContext, transport: WeriftTransport) {
    this.#media = media;
    this.#context = context;
    this.#transport = transport;
    const { msid = MSID, audio, onAudio } = media;
    // Of these no two are the same, and none is any other viewer's.
    const ssrc = randomInt(1, 2 ** 30) * 4;
    this.tracks = { cname: context.cname, videoSsrc: ssrc, audioSsrc: ssrc + 1, rtxSsrc: ssrc + 2, msid };
    if (audio === 'both' && onAudio) this.#heard = new HeardViewer({ take: onAudio, now: context.now });
    this.#feedback = new ViewerFeedback({
      ssrcs: { video: this.tracks.videoSsrc, audio: this.tracks.audioSsrc },
      handlers: {
        path: this.#path,
        nack: (sequences) => this.#sent?.resend(sequences),
        keyFrame: () => this.#sent?.refresh(),
        packet: (packet) => this.#heard?.read(packet),
        bye: () => {
          // One that sends says so when its microphone is taken away, too.
          if (this.#session?.audio?.receives !== true) this.#tell({ kind: 'left' });
        },
      },
    });
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  /** Connects, and sends once that is done. */
  start(session: NegotiatedSession): void {
    this.#session = session;
    this.#transport.start(session, {
      connected: () => this.#connected(),
      closed: () => this.#tell({ kind: 'left' }),
      failed: (why) => this.#tell({ kind: 'failed', why }),
      rtcp: (datagram) => {
        this.#hear();
        this.#feedback.read(datagram, this.#context.now());
        this.#sent?.look();
      },
      ...(this.#heard && { rtp: (packet) => this.#receive(packet) }),
      heard: () => this.#hear(),
      negotiated: this.#media.channels ?? [],
      channelReady: (channel) => this.#media.onDataChannel?.(channel, this.#channelViewer()),
      channelOpened: (channel) => {
        if (channel.label === PIPE_LABEL)
          this.#context.onChannel(messagePipeOf(channel), this.#channelViewer());
      },
    });
    this.#addCandidates(session.candidates);
  }

  /** Goes on as both ends agreed on since; another path is sought where the viewer begins ICE anew. */
  async renegotiate(session: NegotiatedSession): Promise<void> {
    if (this.#transport.restartsWith(session.ice)) await this.#transport.restart(session.ice);
    this.#session = session;
    this.#transport.openChannels(session);
    this.#sent?.send(session);
    this.#addCandidates(session.candidates);
  }

  /** Adds a candidate of the viewer; one that cannot be used is passed over. */
  async addCandidate(candidate: string): Promise<void> {
    if (this.closed || candidate.trim() === '' || /^(?:a=)?end-of-candidates/.test(candidate)) return;
    try {
      await this.#transport.addRemoteCandidate(parseCandidate(candidate));
    } catch (error) {
      if (!(error instanceof MalformedError)) throw error;
      this.#context.log.debug({ reason: error.message }, 'candidate passed over');
    }
  }

  stats(): PeerStats {
    const { counters, roundTripTime, fractionLost } = this.#feedback;
    const { path, counters: transport } = this.#transport;
    const { video, sound, delivery, deliveryCounters } = this.#sent ?? {};
    return {
      packetsSent: (video?.packetsSent ?? 0) + (sound?.packetsSent ?? 0),
      bytesSent: (video?.bytesSent ?? 0) + (sound?.bytesSent ?? 0),
      nacksReceived: counters.nacksReceived,
      packetsResent: video?.packetsResent ?? 0,
      keyFramesRequested: counters.keyFramesRequested,
      nacksUnanswered: (video?.nacksTooLate ?? 0) + (video?.nacksRefused ?? 0),
      rtcpMalformed: counters.malformed,
      ...transport,
      datagramsRefused: transport.datagramsRefused + counters.refused,
      ...deliveryCounters,
      ...(delivery && { delivery }),
      sendFailures: transport.sendFailures + (video?.packetsDropped ?? 0),
      ...(roundTripTime !== undefined && { roundTripTime }),
      ...(fractionLost !== undefined && { fractionLost }),
      ...(path !== undefined && { path }),
    };
  }

  /** Tells the viewer `why`, says goodbye and closes. May be called again; never throws. */
  close(why?: ViewerEnd): Promise<void> {
    this.#closing ??= this.#end(why);
    return this.#closing;
  }

  #addCandidates(candidates: readonly string[]): void {
    for (const candidate of candidates) {
      this.addCandidate(candidate).catch((error: unknown) =>
        this.#context.log.warn({ reason: messageOf(error) }, 'candidate'),
      );
    }
  }

  #connected(): void {
    if (this.closed) return;
    const { stream, sub, rotation = 0 } = this.#media;
    const { now, fanout, log } = this.#context;
    const { keys, datagrams: path } = this.#transport;
    this.#sent = new SentMedia({
      stream,
      ...(sub && { sub }),
      pathEstimate: this.#path,
      fanout,
      keys,
      path,
      tracks: this.tracks,
      rotation,
      now,
      subRefused: (why) => {
        if (sub) tellOnce(sub.stream, () => log.warn({ why }, 'the sub stream of a camera cannot be used'));
      },
      deliveryChanged: () => {
        for (const tell of this.#deliveryListeners) tell();
      },
    });
    this.#liveness.begin(now());
    this.#tell({ kind: 'connected' });
    // What handles the event may have closed us.
    if (this.closed) return;
    if (this.#session) this.#sent.send(this.#session);
    this.#ticks = setTimeout(() => this.#tick(), FIRST_REPORT_MS);
  }

  #tick(): void {
    this.#ticks = setTimeout(() => this.#tick(), REPORT_EVERY_MS);
    const now = this.#context.now();
    this.#report(now);
    if (this.#media.whenIdle === 'repeat') this.#sent?.repeatWhenIdle();
    this.#transport.tidy();
    if (this.#liveness.fellSilent(now)) this.#tell({ kind: 'disconnected' });
  }

  #receive(packet: Uint8Array): void {
    this.#hear();
    const audio = this.#session?.audio;
    if (audio?.receives) this.#heard?.receive(packet, audio.payloadType);
  }

  #hear(): void {
    if (this.#liveness.hear(this.#context.now())) this.#tell({ kind: 'heard' });
  }

  /** Nothing follows `left` or `failed`. */
  #tell(event: PeerEvent): void {
    if (this.closed || this.#over) return;
    this.#over = event.kind === 'left' || event.kind === 'failed';
    this.#media.handle(event);
  }

  #channelViewer(): ChannelViewer {
    const { stream, who } = this.#media;
    return {
      stream,
      ...(who && { who }),
      rtpAnchor: () => this.#sent?.anchor ?? PacketizedStream.of(stream).anchor,
      delivery: () => this.#sent?.delivery,
      deliveryCounters: () => this.#sent?.deliveryCounters,
      deliveryChanged: (listener) => this.#deliveryListeners.push(listener),
      pause: () => this.#sent?.pause(),
      resume: () => this.#sent?.resume(),
      requestKeyFrame: () => this.#sent?.refresh(),
      leave: () => this.#tell({ kind: 'left' }),
      ending: (listener) => this.#endings.push(listener),
    };
  }

  /** Tells the viewer how RTP time and capture time meet and how it is heard; with `last` that it ends. */
  #report(now: Micros, last?: 'goodbye'): void {
    const sent = this.#sent?.reports(now) ?? [];
    const heard = this.#heard?.report();
    const packets = compoundReport({ tracks: this.tracks, sent, heard });
    if (packets.length === 0) return;
    const goodbye: WritableRtcp = { kind: 'bye', ssrcs: sent.map(({ ssrc }) => ssrc) };
    this.#transport.sendRtcp(serializeRtcp(last && sent.length > 0 ? [...packets, goodbye] : packets));
  }

  async #end(why: ViewerEnd | undefined): Promise<void> {
    clearTimeout(this.#ticks);
    this.#sent?.stop();
    try {
      try {
        if (why) for (const tell of this.#endings) tell(why);
        this.#report(this.#context.now(), 'goodbye');
        this.#sent?.close();
      } finally {
        await this.#transport.close();
      }
    } catch (error) {
      this.#context.log.warn({ reason: messageOf(error) }, 'a viewer connection did not close cleanly');
    }
  }
}

const told = new WeakSet<Stream>();

/** For each stream the first time alone: its viewers all find the same. */
function tellOnce(stream: Stream, tell: () => void): void {
  if (told.has(stream)) return;
  told.add(stream);
  tell();
}
