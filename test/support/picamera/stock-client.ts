import mqtt, { type MqttClient } from 'mqtt';
import { withCodecAlone } from './stock-codec.ts';
import type { StockOptions, StockReport } from './stock-options.ts';
import { StockReceiver } from './stock-receiver.ts';

/** Grace before generation C restarts ICE. */
const GRACE_MS = 3000;

/**
 * A client of a generation as it stands in the field, by what is known of its wire: order of messages, topics, QoS, what
 * it ignores and what it stumbles over. It repairs nothing of what the device does wrong.
 */
export class StockClient {
  readonly clientId = crypto.randomUUID();
  readonly video = document.createElement('video');
  /**
   * Until the microphone is there, or refused. Clients of the field do not wait for it, and are not heard when it comes after
   * the answer: the audio transceiver is in use by then, so that `addTrack` makes another one, which nobody offers.
   */
  readonly microphone: Promise<void> = Promise.resolve();
  readonly #options: StockOptions;
  readonly #connection: RTCPeerConnection;
  readonly #channels = new Map<number, RTCDataChannel>();
  readonly #states: string[] = [];
  readonly #heard: string[] = [];
  readonly #streams: string[] = [];
  readonly #opened: number[] = [];
  readonly #errors: string[] = [];
  readonly #messages: { channel: number; bytes: readonly number[] | 'text' }[] = [];
  readonly #answered: string[] = [];
  readonly #named: string[] = [];
  readonly #early: RTCIceCandidateInit[] = [];
  readonly #receiver: StockReceiver;
  #mqtt: MqttClient | undefined;
  #offers = 0;
  #awaited = 0;
  #held: (() => void)[] | undefined;

  constructor(options: StockOptions) {
    this.#options = options;
    this.#receiver = new StockReceiver(options.generation === 'a' ? 'legacy' : 'packet');
    this.video.muted = true;
    this.video.autoplay = true;
    this.video.playsInline = true;
    document.body.append(this.video);
    if (options.candidatesFirst) this.#held = [];
    this.#connection = new RTCPeerConnection({ iceServers: [], iceCandidatePoolSize: 10 });
    this.#openChannel(0, 'command', { ordered: true });
    if (options.ipcMode === 'lossy') this.#openChannel(1, '_lossy', { ordered: true, maxRetransmits: 0 });
    if (options.ipcMode === 'reliable') this.#openChannel(2, '_reliable', { ordered: true });
    if (!options.datachannelOnly) {
      this.#connection.addTransceiver('video', { direction: 'recvonly' });
      this.#connection.addTransceiver('audio', { direction: 'sendrecv' });
      if (options.microphone) this.microphone = this.#talk();
    }
    this.#connection.ontrack = ({ streams }) => {
      // Without looking whether there is one: who has none gets no `onStream`.
      const stream = (streams as readonly MediaStream[])[0] as MediaStream;
      this.#guarded(() => {
        this.#streams.push(stream.id);
        this.video.srcObject = stream;
      });
    };
    this.#connection.onconnectionstatechange = () => this.#stateChanged();
    this.#connection.onicecandidate = ({ candidate }) => {
      if (candidate) this.#publishCandidate(candidate);
    };
  }

  connect(): void {
    const { broker, username, password, generation } = this.#options;
    const client = mqtt.connect(broker, {
      protocolVersion: 5,
      clean: true,
      clientId: this.clientId,
      keepalive: 20,
      reconnectPeriod: generation === 'c' ? 3000 : 0,
      ...(username !== undefined && { username }),
      ...(password !== undefined && { password }),
    });
    this.#mqtt = client;
    client.on('error', (error) => this.#errors.push(`mqtt: ${error.message}`));
    client.on('message', (topic, payload) => {
      this.#heard.push(topic.split('/').slice(1, 2).join('/'));
      this.#take(topic, payload.toString()).catch((error: unknown) => this.#errors.push(String(error)));
    });
    const noLocal = this.#newTopics ? { nl: true } : {};
    const granted = client.subscribeAsync([...new Set(this.#hears)], { qos: 2, ...noLocal });
    client.once('connect', () => {
      // The first generations do not wait for SUBACK.
      const ready = this.#newTopics ? granted : Promise.resolve();
      ready.then(() => this.#offer()).catch((error: unknown) => this.#errors.push(String(error)));
    });
  }

  /** Sends on a channel: text as text. */
  send(channel: number, message: string | readonly number[]): void {
    const open = this.#channels.get(channel);
    if (open?.readyState !== 'open') throw new Error(`channel ${channel} is ${open?.readyState}`);
    if (typeof message === 'string') open.send(message);
    else open.send(Uint8Array.from(message));
  }

  /** A further offer with new ICE credentials, as generation C makes it when the path is lost. */
  restart(): Promise<void> {
    return this.#offer({ iceRestart: true });
  }

  /** The graceful end: the command, then everything at once. */
  terminate(): void {
    const command = this.#channels.get(0);
    if (command?.readyState === 'open') {
      if (this.#options.generation === 'a') command.send('{"type":0,"message":"false"}');
      else command.send(Uint8Array.of(0x12, 0x00));
    }
    for (const channel of this.#channels.values()) channel.close();
    this.#connection.close();
    this.#mqtt?.end(true);
    this.video.remove();
  }

  /** Goes without a word, as a page that is closed. */
  vanish(): void {
    this.#connection.close();
    this.#mqtt?.end(true);
    this.video.remove();
  }

  /** Publishes anything on any topic, as this client. */
  publish(topic: string, payload: string | readonly number[]): void {
    this.#mqtt?.publish(topic, typeof payload === 'string' ? payload : (Uint8Array.from(payload) as never));
  }

  report(): StockReport {
    return {
      clientId: this.clientId,
      states: [...this.#states],
      heard: [...this.#heard],
      streams: [...this.#streams],
      named: [...this.#named],
      channels: [...this.#opened],
      errors: [...this.#errors],
      messages: [...this.#messages],
      bodies: [...this.#receiver.bodies],
      recordings: [...this.#receiver.recordings],
      offers: this.#offers,
      answered: [...this.#answered],
    };
  }

  get #newTopics(): boolean {
    return this.#options.generation === 'c' || this.#options.bothFamilies === true;
  }

  get #oldTopics(): boolean {
    return this.#options.generation !== 'c' || this.#options.bothFamilies === true;
  }

  get #hears(): readonly string[] {
    const { uid } = this.#options;
    const id = this.clientId;
    return [
      ...(this.#oldTopics ? [`${uid}/sdp/${id}`, `${uid}/ice/${id}`] : []),
      ...(this.#newTopics ? [`${uid}/offer/${id}`, `${uid}/answer/${id}`, `${uid}/ice/${id}`] : []),
    ];
  }

  #openChannel(id: number, label: string, how: RTCDataChannelInit): void {
    const channel = this.#connection.createDataChannel(label, { negotiated: true, id, ...how });
    channel.binaryType = 'arraybuffer';
    channel.onopen = () => this.#opened.push(id);
    channel.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => {
      if (this.#options.receives && typeof data !== 'string')
        this.#guarded(() => this.#receiver.push(id, new Uint8Array(data)));
      else
        this.#messages.push({
          channel: id,
          bytes: typeof data === 'string' ? 'text' : [...new Uint8Array(data)],
        });
    };
    this.#channels.set(id, channel);
  }

  async #offer(options: RTCOfferOptions = {}): Promise<void> {
    const offer = await this.#connection.createOffer(options);
    await this.#connection.setLocalDescription(offer);
    const { sdp = '' } = offer;
    const { codec } = this.#options;
    const payload = JSON.stringify({ type: offer.type, sdp: codec ? withCodecAlone(sdp, codec) : sdp });
    this.#offers++;
    this.#awaited = 1;
    const { uid } = this.#options;
    const say = (): void => {
      if (this.#oldTopics) this.#mqtt?.publish(`${uid}/sdp/${this.clientId}/offer`, payload);
      if (this.#newTopics) this.#mqtt?.publish(`${uid}/offer/${this.clientId}`, payload);
    };
    if (this.#held) this.#held.push(say);
    else say();
  }

  #publishCandidate(candidate: RTCIceCandidate): void {
    const { uid } = this.#options;
    const payload = JSON.stringify(candidate);
    if (this.#oldTopics) this.#mqtt?.publish(`${uid}/ice/${this.clientId}/offer`, payload);
    if (this.#newTopics) this.#mqtt?.publish(`${uid}/ice/${this.clientId}`, payload);
    const held = this.#held;
    this.#held = undefined;
    for (const say of held ?? []) say();
  }

  async #take(topic: string, payload: string): Promise<void> {
    const kind = topic.split('/')[1];
    if (kind === 'ice') {
      const candidate = JSON.parse(payload) as RTCIceCandidateInit;
      if (this.#connection.remoteDescription) await this.#connection.addIceCandidate(candidate);
      else this.#early.push(candidate);
      return;
    }
    const description = JSON.parse(payload) as RTCSessionDescriptionInit;
    if (description.type === 'answer') {
      const { sdp = '' } = description;
      this.#answered.push(/a=ice-ufrag:(\S+)/.exec(sdp)?.[1] ?? '');
      this.#named.splice(
        0,
        Infinity,
        ...Array.from(sdp.matchAll(/^a=msid:(.+?)\r?$/gm), ([, named = '']) => named),
      );
      // Who spoke on both families gets two answers, and keeps the first.
      const answeredAlready = this.#awaited === 0;
      this.#awaited = 0;
      if (this.#options.bothFamilies && answeredAlready) return;
    }
    await this.#connection.setRemoteDescription(description);
    for (const candidate of this.#early.splice(0)) await this.#connection.addIceCandidate(candidate);
    if (description.type !== 'offer') return;
    const answer = await this.#connection.createAnswer();
    await this.#connection.setLocalDescription(answer);
    this.#mqtt?.publish(`${this.#options.uid}/answer/${this.clientId}`, JSON.stringify(answer));
  }

  #stateChanged(): void {
    const state = this.#connection.connectionState;
    this.#states.push(state);
    if (this.#options.generation === 'c') {
      if (state === 'disconnected')
        setTimeout(() => {
          if (
            this.#connection.connectionState !== 'connected' &&
            this.#connection.signalingState === 'stable'
          )
            void this.restart();
        }, GRACE_MS);
      return;
    }
    // The first generations leave the broker as soon as they are connected, and give up by themselves.
    if (state === 'connected') this.#mqtt?.unsubscribe([...this.#hears], () => this.#mqtt?.end(true));
    if (state === 'failed') this.terminate();
  }

  async #talk(): Promise<void> {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: false });
      for (const track of stream.getAudioTracks()) this.#connection.addTrack(track, stream);
    } catch (error) {
      this.#errors.push(String(error));
    }
  }

  #guarded(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#errors.push(String(error));
    }
  }
}
