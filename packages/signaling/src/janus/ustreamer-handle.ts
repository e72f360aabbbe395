import type { Camera } from '@pinhole/engine';
import {
  type JanusCandidate,
  type JanusJsep,
  JanusRefusal,
  type JanusReply,
  type JsonObject,
  parseUstreamerBody,
  USTREAMER_ERROR,
  USTREAMER_OK,
  type UstreamerEvent,
  type UstreamerRequest,
  type UstreamerWishes,
  ustreamerEventData,
} from '@pinhole/protocol/janus';
import { HandleConnection, type HandleContext, type HandlePlace } from './handle-connection.ts';
import type { JanusIdentity } from './janus-identity.ts';
import { NO_CAMERA } from './watch-refusal.ts';

/** A message to a handle's plugin. */
export interface HandleMessage {
  readonly transaction: string;
  readonly body: JsonObject;
  readonly jsep: JanusJsep | undefined;
  readonly identity: JanusIdentity;
  /** Takes the one answer. */
  readonly reply: (reply: JanusReply) => void;
}

/** What the plugin has to say to a request. */
interface Outcome {
  readonly event: UstreamerEvent;
  readonly offer?: string;
}

/** Messages that may wait on one handle while `watch` waits for its camera. */
const MAX_WAITING = 16;

/** One handle of the plugin of µStreamer: a viewer of one camera, message by message. */
export class UstreamerHandle {
  readonly #context: HandleContext;
  readonly #place: HandlePlace;
  readonly #camera: string;
  readonly #connection: HandleConnection;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #closed = false;

  /** @param camera the one that the plugin shows to those who name none */
  constructor(context: HandleContext, place: HandlePlace, camera: string) {
    this.#context = context;
    this.#place = place;
    this.#camera = camera;
    this.#connection = new HandleConnection(context, place);
  }

  get id(): number {
    return this.#place.id;
  }

  /** Takes a message; they are worked on in their order. */
  message(message: HandleMessage): void {
    const { counters, options } = this.#context;
    if (this.#waiting >= MAX_WAITING) {
      counters.requestsRateLimited++;
      this.#refuse(message, new JanusRefusal('unknown', 'Too many requests wait on this handle'));
      return;
    }
    this.#waiting++;
    this.#last = this.#last
      .then(() => (this.#closed ? undefined : this.#work(message)))
      .catch((thrown: unknown) => {
        options.log.error({ error: thrown }, 'a message of a Janus client failed by our own fault');
        this.#refuse(message, new JanusRefusal('unknown', 'Unknown error'));
      })
      .finally(() => {
        this.#waiting--;
      });
  }

  candidate(candidate: JanusCandidate): void {
    this.#connection.candidate(candidate);
  }

  hangup(reason: string): void {
    this.#connection.hangup(reason);
  }

  /** Ends the connection; nothing is told of what is still under way. */
  close(reason: string): void {
    this.#connection.hangup(reason);
    this.#closed = true;
  }

  async #work(message: HandleMessage): Promise<void> {
    try {
      await this.#describe(message.jsep);
    } catch (thrown) {
      if (!(thrown instanceof JanusRefusal)) throw thrown;
      this.#refuse(message, thrown);
      return;
    }
    const { replies } = this.#context.options;
    if (replies === 'ack') this.#acknowledge(message);
    const outcome = await this.#answer(message);
    // While a camera was waited for.
    if (this.#closed) return;
    if (outcome) this.#tell(outcome, message);
    if (replies !== 'ack') this.#acknowledge(message);
  }

  /** @throws {JanusRefusal} `invalidSdp`, `unexpectedAnswer` */
  async #describe(jsep: JanusJsep | undefined): Promise<void> {
    if (jsep === undefined) return;
    if (jsep.type === 'offer') {
      throw new JanusRefusal(
        'invalidSdp',
        'Error processing SDP: this plugin makes the offers, send an answer',
      );
    }
    await this.#connection.accept(jsep.sdp);
  }

  async #answer({ body, identity }: HandleMessage): Promise<Outcome | undefined> {
    const asked = parseUstreamerBody(body);
    if ('request' in asked) return await this.#perform(asked.request, identity);
    const { code, text } = USTREAMER_ERROR[asked.fault];
    return { event: { kind: 'error', code, text } };
  }

  async #perform(request: UstreamerRequest, identity: JanusIdentity): Promise<Outcome | undefined> {
    switch (request.request) {
      case 'watch':
        return await this.#watch(request.params ?? {}, identity);
      case 'start':
        return { event: { kind: 'started' } };
      case 'stop':
        // As the plugin: the picture goes on until the connection ends.
        return { event: { kind: 'stopped' } };
      case 'key_required': {
        const camera = this.#cameraOf(this.#camera, identity);
        camera?.stream.requestKeyFrame(this.#context.options.utcNow());
        return undefined;
      }
      case 'features': {
        const { audio, mic } = this.#context.options.soundOf(this.#camera);
        const url = this.#context.options.iceUrl();
        return {
          event: { kind: 'features', features: { audio, mic, ...(url !== undefined && { ice: { url } }) } },
        };
      }
    }
  }

  async #watch(wishes: UstreamerWishes, identity: JanusIdentity): Promise<Outcome> {
    const { counters } = this.#context;
    counters.watches++;
    const camera = this.#cameraOf(wishes.camera_id ?? this.#camera, identity);
    if (camera === undefined) counters.watchesRefused++;
    const offer = camera === undefined ? NO_CAMERA : await this.#connection.offer(camera, wishes, identity);
    if (typeof offer === 'string') return { event: { kind: 'started' }, offer };
    return { event: { kind: 'error', code: offer.code, text: offer.text } };
  }

  /** A camera that the client may not see is answered exactly as one that does not exist. */
  #cameraOf(id: string, identity: JanusIdentity): Camera | undefined {
    return identity.mayView(id) ? this.#context.options.cameras.get(id) : undefined;
  }

  #tell({ event, offer }: Outcome, { transaction }: HandleMessage): void {
    const { id: sender, sessionId, plugin, tell } = this.#place;
    tell({
      janus: 'event',
      sessionId,
      ...(this.#context.options.replies !== 'late' && { transaction }),
      sender,
      plugin: { plugin, data: ustreamerEventData(event) },
      ...(offer !== undefined && { jsep: { type: 'offer', sdp: offer } }),
    });
  }

  #acknowledge({ transaction, reply }: HandleMessage): void {
    const { id: sender, sessionId, plugin } = this.#place;
    if (this.#context.options.replies !== 'late') reply({ janus: 'ack', sessionId, transaction });
    else {
      reply({ janus: 'success', sessionId, transaction, sender, plugin: { plugin, data: USTREAMER_OK } });
    }
  }

  #refuse({ transaction, reply }: HandleMessage, { number: code, message: reason }: JanusRefusal): void {
    this.#context.counters.requestsRefused++;
    reply({ janus: 'error', sessionId: this.#place.sessionId, transaction, code, reason });
  }
}
