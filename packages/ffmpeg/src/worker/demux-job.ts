import { type Micros, messageOf, micros } from '@pinhole/core';
import type { FormatContext, Packet, Stream } from 'node-av/lib';
import { createCaptureClock } from '../capture-clock.ts';
import { type DemuxRequest, transcodingNotice } from '../demuxed-unit.ts';
import { type H264Packet, H264Units } from '../h264-units.ts';
import { formatOptions } from '../input-options.ts';
import { type Av, AvError, check } from './av.ts';
import type { Outlet } from './outlet.ts';
import { SoundPackets } from './sound-packets.ts';
import { Transcoder } from './transcoder.ts';
import { UnitBacklog } from './unit-backlog.ts';

const LARGEST_BACKLOG_BYTES = 8 * 2 ** 20;

/** Reads one input to its end and reports its pictures. */
export class DemuxJob {
  readonly #av: Av;
  readonly #request: DemuxRequest;
  readonly #outlet: Outlet;
  readonly #format: FormatContext;
  readonly #units = new H264Units();
  readonly #now = createCaptureClock();
  readonly #backlog = new UnitBacklog({ maxBytes: LARGEST_BACKLOG_BYTES });
  /** A live input cannot be made to wait: what the parent is too busy for is dropped. */
  readonly #live: boolean;
  #transcoder: Transcoder | undefined;
  #sound: SoundPackets | undefined;
  #droppedTold = 0;
  #stopped = false;
  #started: { readonly dts: Micros; readonly at: Micros } | undefined;

  constructor(av: Av, request: DemuxRequest, outlet: Outlet) {
    this.#av = av;
    this.#request = request;
    this.#outlet = outlet;
    this.#format = new av.FormatContext();
    this.#live = !request.url.startsWith('file:');
    outlet.onRoom(() => this.#pump());
  }

  /** Ends the reading soon; `run` then resolves. */
  stop(): void {
    this.#stopped = true;
    this.#format.interrupt();
  }

  /** Makes the next picture a key picture where we encode; does nothing otherwise. */
  requestKeyFrame(): void {
    this.#transcoder?.requestKeyFrame();
  }

  /** Reads until the input ends, fails or `stop` is called; reports all of it. */
  async run(): Promise<void> {
    try {
      await this.#read(await this.#open());
      await this.#flush();
      this.#outlet.send({ kind: 'ended' });
    } catch (thrown) {
      if (this.#stopped) this.#outlet.send({ kind: 'ended' });
      else this.#outlet.send({ kind: 'failed', lines: [messageOf(thrown)] });
    } finally {
      this.#transcoder?.close();
      await this.#format.closeInput();
    }
  }

  async #open(): Promise<Stream> {
    const av = this.#av;
    const { url } = this.#request;
    this.#format.allocContext();
    const options = av.Dictionary.fromObject(formatOptions(this.#request));
    const location = url.startsWith('file:') ? decodeURIComponent(new URL(url).pathname) : url;
    check(av, await this.#format.openInput(location, null, options), 'open');
    // Looking into the pictures first takes FFmpeg most of a second. A session description or a container names the
    // codec already; what names none is looked into.
    let stream = this.#videoStream();
    if (stream === undefined || stream.codecpar.codecId !== av.constants.AV_CODEC_ID_H264) {
      check(av, await this.#format.findStreamInfo(null), 'look into the input');
      stream = this.#videoStream();
    }
    if (this.#request.audio === 'on') this.#sound = SoundPackets.of(av, this.#format.streams);
    if (stream === undefined) throw new AvError('the input does not contain any stream of video');
    const codec = av.Codec.findDecoder(stream.codecpar.codecId)?.name ?? 'an unknown codec';
    if (stream.codecpar.codecId === av.constants.AV_CODEC_ID_H264) {
      const { extradata } = stream.codecpar;
      if (extradata !== null) this.#units.configure(extradata);
      this.#outlet.send({ kind: 'opened', input: { codec } });
    } else {
      this.#transcoder = new Transcoder(av, stream);
      this.#outlet.send({ kind: 'opened', input: { codec, transcoding: transcodingNotice(codec) } });
    }
    return stream;
  }

  #videoStream(): Stream | undefined {
    const { AVMEDIA_TYPE_VIDEO } = this.#av.constants;
    return this.#format.streams.find((stream) => stream.codecpar.codecType === AVMEDIA_TYPE_VIDEO);
  }

  async #read(stream: Stream): Promise<void> {
    const av = this.#av;
    const packet = new av.Packet();
    packet.alloc();
    try {
      while (!this.#stopped) {
        const result = await this.#format.readFrame(packet);
        if (result === av.constants.AVERROR_EOF) break;
        check(av, result, 'read');
        if (packet.streamIndex === stream.index) await this.#take(packet, stream);
        else if (packet.streamIndex === this.#sound?.index) this.#takeSound(packet);
        packet.unref();
      }
      for (const late of this.#transcoder?.flush() ?? []) await this.#put(late);
    } finally {
      packet.free();
    }
  }

  async #take(packet: Packet, stream: Stream): Promise<void> {
    const { num, den } = stream.timeBase;
    const toMicros = (time: bigint): Micros => micros(Math.round((Number(time) * num * 1_000_000) / den));
    const unknown = this.#av.constants.AV_NOPTS_VALUE;
    const { data, pts, dts, duration } = packet;
    const captureTime = this.#now();
    if (data === null) return;
    const times = {
      ...(pts === unknown ? {} : { pts: toMicros(pts) }),
      ...(dts === unknown ? {} : { dts: toMicros(dts) }),
      ...(duration > 0n ? { duration: toMicros(duration) } : {}),
    };
    if (this.#transcoder === undefined) {
      await this.#put({ data, captureTime, ...times });
      return;
    }
    for (const encoded of this.#transcoder.transcode(packet, captureTime)) await this.#put(encoded);
  }

  /** What the parent is too busy for is left out: sound is told at once, or not. */
  #takeSound(packet: Packet): void {
    const frame = this.#outlet.isFull ? undefined : this.#sound?.frame(packet, this.#now());
    if (frame !== undefined) this.#outlet.send({ kind: 'audio', frame });
  }

  async #put(packet: H264Packet): Promise<void> {
    const unit = this.#units.unit(packet);
    if (unit === undefined) return;
    const paced = await this.#keepPace(unit.dts);
    this.#backlog.push(paced === undefined ? unit : { ...unit, captureTime: paced });
    this.#pump();
    if (!this.#live) await this.#outlet.drained();
  }

  async #flush(): Promise<void> {
    for (let unit = this.#backlog.shift(); unit !== undefined; unit = this.#backlog.shift()) {
      this.#outlet.send({ kind: 'unit', unit });
      await this.#outlet.drained();
    }
  }

  #pump(): void {
    if (this.#backlog.dropped > this.#droppedTold) {
      this.#droppedTold = this.#backlog.dropped;
      this.#outlet.send({ kind: 'dropped-busy', total: this.#droppedTold });
    }
    while (!this.#outlet.isFull) {
      const unit = this.#backlog.shift();
      if (unit === undefined) return;
      this.#outlet.send({ kind: 'unit', unit });
    }
  }

  /** Waits until a picture is due, where that is wanted. @returns the time then. */
  async #keepPace(dts: Micros): Promise<Micros | undefined> {
    if (this.#request.pace !== 'real-time') return undefined;
    const now = this.#now();
    this.#started ??= { dts, at: now };
    const waitMs = (dts - this.#started.dts - (now - this.#started.at)) / 1000;
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    return this.#now();
  }
}
