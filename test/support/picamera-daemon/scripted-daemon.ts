import mqtt, { type MqttClient } from 'mqtt';
import { openTimeCodedCanvas, type TimeCodedCanvas } from '../publishers/time-coded-canvas.ts';
import { jpegOf, listing, PATH, recordingOf } from './daemon-library.ts';
import { legacyAnswer, message, packetAnswer } from './daemon-packets.ts';
import { legacyRequest, packetRequest } from './daemon-requests.ts';

/** Which daemon is played. */
export type DaemonGeneration = 'a' | 'b' | 'c';

/** What a daemon is started with. */
export interface DaemonOptions {
  readonly generation: DaemonGeneration;
  readonly uid: string;
  /** `ws://…` */
  readonly broker: string;
  readonly username: string;
  readonly password: string;
  /** Bytes of the one recording that it has; from their index. */
  readonly recordingBytes: number;
}

/** What happened to a daemon. */
export interface DaemonReport {
  /** What a real one would have ended itself over. */
  readonly crashes: readonly string[];
  /** Messages that it could not read, and passed over: those in the other encoding. */
  readonly undecodable: number;
  /** The same, after its first answer. */
  readonly undecodableLater: number;
  readonly peers: number;
  readonly open: number;
  readonly offers: number;
  readonly restarts: number;
  /** Requests in order, by their name. */
  readonly requests: readonly string[];
  readonly controls: readonly (readonly [number, number])[];
  /** Lines of the video section of the last offer that name a codec. */
  readonly codecs: readonly string[];
}

interface Viewer {
  readonly connection: RTCPeerConnection;
  readonly channels: readonly RTCDataChannel[];
  early: RTCIceCandidateInit[];
  connected: boolean;
}

const SNAPSHOT = { a: 1, b: 2, c: 2 } as const;
const QUERY = { a: 2, b: 3, c: 3 } as const;
const DOWNLOAD = { a: 3, b: 4, c: 4 } as const;
const CUSTOM = { a: 6, b: 100, c: 100 } as const;

/** As it was before a test took its place, to see what the library opens. */
const OwnConnection = globalThis.RTCPeerConnection;

/**
 * A pi-webrtc as it stands in the field, by what is known of its wire: its topics, its order of messages, what it ignores,
 * what it answers in silence, and what it would end itself over. The peer is a browser's, libwebrtc as the daemon's own.
 */
export class ScriptedDaemon {
  readonly #options: DaemonOptions;
  readonly #canvas: TimeCodedCanvas;
  readonly #client: MqttClient;
  readonly #viewers = new Map<string, Viewer>();
  readonly #crashes: string[] = [];
  readonly #requests: string[] = [];
  readonly #controls: [number, number][] = [];
  #codecs: readonly string[] = [];
  #undecodable = 0;
  #undecodableLater = 0;
  #answered = false;
  #offers = 0;
  #restarts = 0;
  #peers = 0;

  constructor(options: DaemonOptions) {
    this.#options = options;
    const { uid, generation, broker, username, password } = options;
    this.#canvas = openTimeCodedCanvas({ width: 320, height: 180, framesPerSecond: 15, sound: true });
    this.#client = mqtt.connect(broker, { protocolVersion: 5, username, password, clean: true });
    const topics =
      generation === 'c'
        ? [`${uid}/offer/+`, `${uid}/answer/+`, `${uid}/ice/+`]
        : [`${uid}/sdp/+/offer`, `${uid}/ice/+/offer`];
    for (const topic of topics) this.#client.subscribe(topic, { qos: 0, nl: true });
    this.#client.on('message', (topic, payload) => {
      void this.#signal(topic, payload.toString()).catch((thrown: unknown) =>
        this.#crash('signaling', thrown),
      );
    });
  }

  get ready(): boolean {
    return this.#client.connected;
  }

  report(): DaemonReport {
    return {
      crashes: this.#crashes,
      undecodable: this.#undecodable,
      undecodableLater: this.#undecodableLater,
      peers: this.#peers,
      open: [...this.#viewers.values()].filter(({ connection }) =>
        ['new', 'connecting', 'connected'].includes(connection.connectionState),
      ).length,
      offers: this.#offers,
      restarts: this.#restarts,
      requests: this.#requests,
      controls: this.#controls,
      codecs: this.#codecs,
    };
  }

  /** Packets of what was said to it. */
  async heard(): Promise<number> {
    const reports = await Promise.all(
      [...this.#viewers.values()].map(({ connection }) => connection.getStats()),
    );
    return reports
      .flatMap((report) => [...report.values()] as Partial<RTCInboundRtpStreamStats>[])
      .filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio')
      .reduce((sum, { packetsReceived = 0 }) => sum + packetsReceived, 0);
  }

  painted(): number {
    return this.#canvas.painted();
  }

  /** A program beside the camera says something to all viewers. */
  say(text: string): void {
    for (const { channels } of this.#viewers.values()) {
      for (const channel of channels.slice(1)) this.#answer(channel, CUSTOM, new TextEncoder().encode(text));
    }
  }

  close(): void {
    for (const { connection } of this.#viewers.values()) connection.close();
    this.#client.end(true);
    this.#canvas.close();
  }

  async #signal(topic: string, payload: string): Promise<void> {
    const [, level, cid = ''] = topic.split('/');
    const body = JSON.parse(payload) as Record<string, unknown>;
    if (level === 'ice') {
      const { candidate, sdpMid, sdpMLineIndex } = body;
      if (typeof candidate !== 'string' || typeof sdpMid !== 'string' || !Number.isInteger(sdpMLineIndex))
        throw new Error(`a candidate without its three fields: ${payload}`);
      await this.#candidate(cid, { candidate, sdpMid, sdpMLineIndex: Number(sdpMLineIndex) });
      return;
    }
    const { type, sdp } = body;
    if (typeof sdp !== 'string' || type !== (level === 'answer' ? 'answer' : 'offer'))
      throw new Error(`a description that is none: ${payload.slice(0, 100)}`);
    if (level !== 'answer') await this.#offered(cid, sdp);
  }

  async #offered(cid: string, sdp: string): Promise<void> {
    const { generation } = this.#options;
    this.#offers++;
    this.#codecs = [...sdp.matchAll(/^a=rtpmap:\d+ (VP8|VP9|H264|AV1)\//gm)].map(([, name]) => name ?? '');
    const known = this.#viewers.get(cid);
    // Once connected, the older ones listen to nobody; not connected, they begin anew.
    if (known?.connected && generation !== 'c') return;
    const viewer = (generation === 'c' && known) || this.#open(cid, sdp);
    if (viewer === known) this.#restarts++;
    const { connection } = viewer;
    await connection.setRemoteDescription({ type: 'offer', sdp });
    for (const candidate of viewer.early.splice(0)) await connection.addIceCandidate(candidate);
    const answer = await connection.createAnswer();
    await connection.setLocalDescription(answer);
    const level = generation === 'c' ? 'answer' : 'sdp';
    this.#publish(`${level}/${cid}`, { sdp: answer.sdp, type: 'answer' });
  }

  async #candidate(cid: string, candidate: RTCIceCandidateInit): Promise<void> {
    const viewer = this.#viewers.get(cid);
    const { generation } = this.#options;
    if (generation === 'c') {
      const { connection, early } = viewer ?? this.#open(cid, '');
      if (connection.remoteDescription) await connection.addIceCandidate(candidate);
      else early.push(candidate);
    } else if (viewer && !viewer.connected && viewer.connection.remoteDescription) {
      await viewer.connection.addIceCandidate(candidate);
    }
  }

  #open(cid: string, sdp: string): Viewer {
    this.#peers++;
    const connection = new OwnConnection();
    const channels = [
      connection.createDataChannel('command', { negotiated: true, id: 0 }),
      connection.createDataChannel('_lossy', { negotiated: true, id: 1, maxRetransmits: 0 }),
      connection.createDataChannel('_reliable', { negotiated: true, id: 2 }),
    ];
    const viewer: Viewer = { connection, channels, early: [], connected: false };
    this.#viewers.set(cid, viewer);
    if (sdp.includes('m=video') || sdp.includes('m=audio')) {
      for (const track of this.#canvas.stream.getTracks()) connection.addTrack(track, this.#canvas.stream);
    }
    connection.addEventListener('icecandidate', ({ candidate: found }) => {
      if (!found?.candidate) return;
      const { candidate, sdpMid, sdpMLineIndex } = found;
      this.#publish(`ice/${cid}`, { candidate, sdpMid, sdpMLineIndex });
    });
    connection.addEventListener('connectionstatechange', () => {
      viewer.connected ||= connection.connectionState === 'connected';
    });
    channels.forEach((channel, id) => {
      channel.binaryType = 'arraybuffer';
      channel.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
        this.#request(channel, id, data, connection).catch((thrown: unknown) =>
          this.#crash('request', thrown),
        );
      });
    });
    return viewer;
  }

  #publish(topic: string, body: unknown): void {
    this.#client.publish(`${this.#options.uid}/${topic}`, JSON.stringify(body), { qos: 2 });
  }

  async #request(
    channel: RTCDataChannel,
    id: number,
    frame: string | ArrayBuffer,
    connection: RTCPeerConnection,
  ): Promise<void> {
    const legacy = this.#options.generation === 'a';
    if (typeof frame === 'string' ? !legacy : legacy) {
      this.#undecodable++;
      if (this.#answered) this.#undecodableLater++;
      return;
    }
    const [name, value] = typeof frame === 'string' ? legacyRequest(frame) : packetRequest(frame);
    if (id > 0 && name !== 'custom') throw new Error(`${name} on channel ${id}`);
    this.#requests.push(name);
    switch (name) {
      case 'disconnect':
        connection.close();
        break;
      case 'control':
        this.#controls.push(value as [number, number]);
        break;
      case 'snapshot':
        this.#answer(channel, SNAPSHOT, await jpegOf(this.#canvas.element, Number(value)));
        break;
      case 'query':
        for (const body of listing(this.#options.generation, value as readonly [number, string]))
          this.#answer(channel, QUERY, body);
        break;
      case 'download':
        if (value === PATH) await this.#send(channel, DOWNLOAD, recordingOf(this.#options.recordingBytes));
        break;
      case 'record':
        channel.send(message([1, Number(value)], [10, message([1, Number(value) === 5 ? 1 : 0], [2, PATH])]));
        break;
      case 'custom':
        // A program that says back what it hears.
        this.#answer(channel, CUSTOM, value as Uint8Array);
        break;
      default:
        throw new Error(`an unknown request: ${name}`);
    }
  }

  #answer(channel: RTCDataChannel, type: Readonly<Record<DaemonGeneration, number>>, body: Uint8Array): void {
    if (channel.readyState !== 'open') return;
    this.#answered = true;
    for (const frame of this.#frames(type, body)) channel.send(frame);
  }

  /** The same with a pause where much waits. */
  async #send(
    channel: RTCDataChannel,
    type: Readonly<Record<DaemonGeneration, number>>,
    body: Uint8Array,
  ): Promise<void> {
    this.#answered = true;
    for (const frame of this.#frames(type, body)) {
      while (channel.readyState === 'open' && channel.bufferedAmount > 2 ** 20) {
        await new Promise((later) => setTimeout(later, 5));
      }
      if (channel.readyState !== 'open') return;
      channel.send(frame);
    }
  }

  #frames(type: Readonly<Record<DaemonGeneration, number>>, body: Uint8Array) {
    const { generation } = this.#options;
    return generation === 'a' ? legacyAnswer(type.a, body) : packetAnswer(type[generation], body);
  }

  #crash(where: string, thrown: unknown): void {
    this.#crashes.push(`${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}
