import { message, readMessage } from '../picamera-daemon/daemon-packets.ts';
import { openTimeCodedCanvas, type TimeCodedCanvas } from '../publishers/time-coded-canvas.ts';

/** What happened at a gateway. */
export interface GatewayReport {
  /** Actions of the viewer, in order, but for pings. */
  readonly actions: readonly string[];
  readonly pings: number;
  /** What a gateway could not read. */
  readonly faults: readonly string[];
  /** Messages by the data channels: their kind, topic and text. */
  readonly messages: readonly (readonly [kind: number, topic: string, bytes: readonly number[]])[];
  readonly queries: readonly string[];
}

const SID = 'PA_door';

/**
 * The gateway of an SFU, by what is known of its dialect: it lets one viewer in, sends it one participant with a picture,
 * and says back on its own channels what it hears. Candidates go in both forms that gateways use.
 */
export class ScriptedGateway {
  readonly #socket: WebSocket;
  readonly #canvas: TimeCodedCanvas;
  readonly #actions: string[] = [];
  readonly #faults: string[] = [];
  readonly #messages: [number, string, number[]][] = [];
  readonly #queries: string[] = [];
  #publisher: RTCPeerConnection | undefined;
  #subscriber: RTCPeerConnection | undefined;
  #channels: readonly RTCDataChannel[] = [];
  #pings = 0;
  #candidates = 0;

  /** @param url where the server passes on what viewers say */
  constructor(url: string) {
    this.#canvas = openTimeCodedCanvas({ width: 320, height: 180, framesPerSecond: 15, sound: true });
    this.#socket = new WebSocket(url);
    this.#socket.addEventListener('message', ({ data }: MessageEvent<string>) => {
      void this.#hear(data).catch((thrown: unknown) => this.#faults.push(String(thrown)));
    });
  }

  get ready(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  report(): GatewayReport {
    return {
      actions: this.#actions,
      pings: this.#pings,
      faults: this.#faults,
      messages: this.#messages,
      queries: this.#queries,
    };
  }

  say(action: string, body: unknown): void {
    this.#socket.send(
      JSON.stringify({ action, message: typeof body === 'string' ? body : JSON.stringify(body) }),
    );
  }

  close(): void {
    this.#publisher?.close();
    this.#subscriber?.close();
    this.#canvas.close();
    this.#socket.close();
  }

  async #hear(text: string): Promise<void> {
    const { action, message: body } = JSON.parse(text) as {
      readonly action: unknown;
      readonly message: unknown;
    };
    if (typeof action !== 'string' || typeof body !== 'string') throw new Error(`no frame: ${text}`);
    if (action === 'ping') this.#pings++;
    else this.#actions.push(action);
    switch (action) {
      case 'hello': // from the server between us: a viewer came
        this.#queries.push(body);
        this.#open();
        break;
      case 'offer': {
        await this.#publisher?.setRemoteDescription({ type: 'offer', sdp: body });
        const answer = await this.#publisher?.createAnswer();
        await this.#publisher?.setLocalDescription(answer);
        this.say('answer', answer?.sdp ?? '');
        break;
      }
      case 'answer':
        await this.#subscriber?.setRemoteDescription({ type: 'answer', sdp: body });
        break;
      case 'tricklePublisher':
        await this.#publisher?.addIceCandidate(JSON.parse(body) as RTCIceCandidateInit);
        break;
      case 'trickleSubscriber':
        await this.#subscriber?.addIceCandidate(JSON.parse(body) as RTCIceCandidateInit);
        break;
      case 'ping':
      case 'leave':
        break;
      default:
        throw new Error(`an unknown action: ${action}`);
    }
  }

  #open(): void {
    // Nobody is there; gateways name a server always.
    this.say('join', { urls: ['stun:127.0.0.1:9'], username: 'u', credential: 'c' });
    this.#publisher?.close();
    this.#subscriber?.close();
    const publisher = this.#connection('PUBLISHER');
    publisher.addEventListener('datachannel', ({ channel }) => this.#listen(channel));
    this.#publisher = publisher;
    const subscriber = this.#connection('SUBSCRIBER');
    this.#subscriber = subscriber;
    for (const track of this.#canvas.stream.getTracks()) subscriber.addTrack(track, this.#canvas.stream);
    this.#channels = [
      subscriber.createDataChannel('_reliable'),
      subscriber.createDataChannel('_lossy', { ordered: false, maxRetransmits: 0 }),
    ];
    void this.#offer(subscriber);
    this.say('roomInfo', { sid: 'RM_1', name: 'the-room-name' });
    this.say('participant', [{ sid: SID, id: 'door', state: 'ACTIVE' }]);
    this.say('quality', [{ sid: SID, score: 4.5 }]);
    this.say('speaking', [{ sid: SID, level: 0.5 }]);
    this.say('trackPublished', '');
    this.say('somethingNew', 'of tomorrow');
  }

  async #offer(subscriber: RTCPeerConnection): Promise<void> {
    const offer = await subscriber.createOffer();
    await subscriber.setLocalDescription(offer);
    // Streams are named after the participant and the track.
    let tracks = 0;
    this.say('offer', offer.sdp?.replaceAll(/^a=msid:\S+/gm, () => `a=msid:${SID}|TR_${tracks++}`) ?? '');
  }

  #connection(target: 'PUBLISHER' | 'SUBSCRIBER'): RTCPeerConnection {
    const connection = new RTCPeerConnection();
    connection.addEventListener('icecandidate', ({ candidate }) => {
      if (!candidate) return;
      const init = candidate.toJSON();
      const candidateInit = this.#candidates++ % 2 === 0 ? init : JSON.stringify(init);
      this.say('trickle', { target, candidateInit });
    });
    return connection;
  }

  #listen(channel: RTCDataChannel): void {
    channel.binaryType = 'arraybuffer';
    channel.addEventListener('message', ({ data }: MessageEvent<ArrayBuffer>) => {
      const packet = readMessage(new Uint8Array(data));
      const user = readMessage(packet.get(2) as Uint8Array);
      const payload = user.get(2) as Uint8Array<ArrayBuffer>;
      const topic = new TextDecoder().decode(user.get(4) as Uint8Array);
      this.#messages.push([Number(packet.get(1) ?? 0), topic, [...payload]]);
      // Daemons leave the kind out.
      for (const back of this.#channels) back.send(message([2, message([2, payload], [4, topic])]));
    });
  }
}
