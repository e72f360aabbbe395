import {
  SIGNAL_QOS,
  serializeCandidate,
  serializeDescription,
  signalTopic,
  type TopicFamily,
} from '@pinhole/protocol/picamera';
import { candidatesOfAnswer } from './answer-candidates.ts';
import type { ClientOffer } from './client-offer.ts';
import type { DeviceCounters } from './device-counters.ts';
import type { DeviceLink } from './device-link.ts';
import type { ViewerConnection } from './viewer-connection.ts';

/** What speaking to a viewer needs. */
export interface VoiceContext {
  readonly uid: string;
  readonly link: Pick<DeviceLink, 'publish'>;
  readonly counters: Pick<DeviceCounters, 'answers' | 'publishesDropped'>;
}

/** An answer that comes later than this finds nobody who waits. */
const EXPIRY_SECONDS = 60;

/** Says answers and candidates to one client. */
export class ViewerVoice {
  readonly #clientId: string;
  readonly #context: VoiceContext;

  constructor(clientId: string, context: VoiceContext) {
    this.#clientId = clientId;
    this.#context = context;
  }

  /** Sends the answer of an offer, when there is one. */
  answer({ answer }: ClientOffer, family: TopicFamily): void {
    if (answer === undefined) return;
    const { uid, counters } = this.#context;
    counters.answers++;
    this.#publish(
      signalTopic('device', { family, kind: 'answer', uid, cid: this.#clientId }),
      serializeDescription({ type: 'answer', sdp: answer }),
    );
  }

  /** Sends the candidates of an answer, which have one topic for both families. */
  candidates(connection: ViewerConnection, { answer = '' }: ClientOffer): void {
    const { uid } = this.#context;
    const topic = signalTopic('device', { family: 'offer', kind: 'candidate', uid, cid: this.#clientId });
    for (const candidate of candidatesOfAnswer(answer)) {
      connection.told.add(candidate.candidate);
      const text = serializeCandidate(candidate);
      if (text !== undefined) this.#publish(topic, text);
    }
  }

  #publish(topic: string, payload: string): void {
    const { link, counters } = this.#context;
    const taken = link.publish(topic, payload, { qos: SIGNAL_QOS.device, expirySeconds: EXPIRY_SECONDS });
    if (!taken) counters.publishesDropped++;
  }
}
