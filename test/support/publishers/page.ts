import { WHIPClient as EyevinnClient } from '@eyevinn/whip-web-client';
import { WHIPClient } from 'whip-whep/whip.js';
import { openTimeCodedCanvas, type TimeCodedCanvas } from './time-coded-canvas.ts';

/** Where a publisher sends its pictures, and what they are. */
export interface PublishOptions {
  readonly url: string;
  readonly token: string;
  readonly width?: number;
  readonly height?: number;
  readonly sound?: true;
  /** Offers this codec alone. */
  readonly codec?: 'H264' | 'VP8';
  /** Chromium's own fake camera instead of the time code. */
  readonly fakeCamera?: true;
  /** All sections on the connection of the first one, told only there. */
  readonly maxBundle?: true;
}

/** Ends a publisher as its library does. */
type End = () => Promise<void>;

interface Published {
  readonly connection?: RTCPeerConnection;
  readonly end: End;
}

function preferCodec(connection: RTCPeerConnection, codec: string): void {
  const mimeType = `video/${codec}`;
  const codecs = (RTCRtpSender.getCapabilities('video')?.codecs ?? []).filter(
    (one) => one.mimeType === mimeType || one.mimeType === 'video/rtx',
  );
  for (const transceiver of connection.getTransceivers()) {
    if (transceiver.sender.track?.kind === 'video') transceiver.setCodecPreferences(codecs);
  }
}

/** Publishers: a few lines of our own, and other people's libraries used as their documents say. */
const publishers = {
  async plain(stream: MediaStream, options: PublishOptions): Promise<Published> {
    const connection = new RTCPeerConnection(options.maxBundle ? { bundlePolicy: 'max-bundle' } : {});
    for (const track of stream.getTracks())
      connection.addTransceiver(track, { direction: 'sendonly', streams: [stream] });
    if (options.codec) preferCodec(connection, options.codec);
    await connection.setLocalDescription();
    const response = await fetch(options.url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Authorization: `Bearer ${options.token}` },
      body: connection.localDescription?.sdp ?? '',
    });
    const text = await response.text();
    if (response.status !== 201) {
      connection.close();
      throw new Error(`${response.status} ${text}`);
    }
    await connection.setRemoteDescription({ type: 'answer', sdp: text });
    const session = new URL(response.headers.get('Location') ?? '', options.url);
    return {
      connection,
      end: async () => {
        await fetch(session, { method: 'DELETE', headers: { Authorization: `Bearer ${options.token}` } });
        connection.close();
      },
    };
  },
  async whipWhep(stream: MediaStream, { url, token }: PublishOptions): Promise<Published> {
    const connection = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
    for (const track of stream.getTracks()) connection.addTransceiver(track, { direction: 'sendonly' });
    const client = new WHIPClient();
    await client.publish(connection, url, token);
    return { connection, end: () => client.stop() };
  },
  async eyevinn(stream: MediaStream, { url, token }: PublishOptions): Promise<Published> {
    const client = new EyevinnClient({ endpoint: url, opts: { authkey: token } });
    await client.setIceServersFromEndpoint();
    await client.ingest(stream);
    return { end: () => client.destroy() };
  },
};

/** Names of the publishers. */
export type PublisherName = keyof typeof publishers;

let canvas: TimeCodedCanvas | undefined;
let published: Published | undefined;

const numbersOf = (report: RTCStatsReport | undefined): Record<string, number> => {
  const found: Record<string, number> = {};
  for (const entry of report?.values() ?? []) {
    const { type, kind } = entry as { type: string; kind?: string };
    if (type !== 'outbound-rtp' && type !== 'candidate-pair' && type !== 'remote-inbound-rtp') continue;
    for (const [name, value] of Object.entries(entry as object)) {
      if (typeof value === 'number') found[`${kind ?? 'path'}.${name}`] = value;
    }
  }
  return found;
};

/** What tests call in the page. */
const publishing = {
  async publish(name: PublisherName, options: PublishOptions): Promise<void> {
    const { width = 640, height = 360, sound } = options;
    canvas ??= openTimeCodedCanvas({ width, height, framesPerSecond: 30, ...(sound && { sound }) });
    const stream = options.fakeCamera
      ? await navigator.mediaDevices.getUserMedia({ video: { width, height }, audio: sound === true })
      : canvas.stream;
    published = await publishers[name](stream, options);
  },
  async end(): Promise<void> {
    try {
      await published?.end();
    } finally {
      published = undefined;
      // Libraries end the tracks that they were given.
      canvas?.close();
      canvas = undefined;
    }
  },
  /** Vanishes without a word, as far as a page can: nothing is sent any more. */
  pause(): void {
    for (const sender of published?.connection?.getSenders() ?? []) void sender.replaceTrack(null);
  },
  async stats(): Promise<Record<string, number>> {
    return numbersOf(await published?.connection?.getStats());
  },
  encodes: (): string[] =>
    (RTCRtpSender.getCapabilities('video')?.codecs ?? []).map(({ mimeType }) => mimeType),
  painted: (): number => canvas?.painted() ?? 0,
};

/** The page as the test's side sees it. */
export type Publishing = typeof publishing;

Object.assign(window, { publishing });
