import { messageOf } from '@pinhole/core';
import type { MqttLink, MqttLinkState } from '@pinhole/mqtt';
import {
  clientFilters,
  parseCandidate,
  parseDescription,
  parseSignalTopic,
  SIGNAL_QOS,
  type SignalKind,
  serializeCandidate,
  serializeDescription,
  signalTopic,
  type TopicFamily,
} from '@pinhole/protocol/picamera';
import { PiCameraError } from './picamera-error.ts';

/** What comes by a broker. */
export type SignalingEvent =
  /** Answers would be heard: the offer may go. */
  | { readonly kind: 'ready' }
  /** The connection to the broker is back. */
  | { readonly kind: 'returned' }
  | { readonly kind: 'answer' | 'offer'; readonly sdp: string }
  | { readonly kind: 'candidate'; readonly candidate: RTCIceCandidateInit }
  /** Something is wrong, and may get better. */
  | { readonly kind: 'trouble'; readonly error: PiCameraError }
  /** It will not get better. */
  | { readonly kind: 'refused'; readonly error: PiCameraError };

/**
 * Signaling with one device by MQTT, as one viewer. Real devices listen to one family of topics only: until the answer
 * shows which, everything is said on both, the newer first, so that a device with both takes that.
 */
export class MqttSignaling {
  readonly #link: MqttLink;
  readonly #uid: string;
  readonly #handle: (event: SignalingEvent) => void;
  readonly #ends: (() => void)[] = [];
  #family: TopicFamily | undefined;
  #told: 'nothing' | 'lost' = 'nothing';
  #malformed = 0;
  #closed = false;

  constructor(
    link: MqttLink,
    { uid, handle }: { readonly uid: string; readonly handle: (event: SignalingEvent) => void },
  ) {
    this.#link = link;
    this.#uid = uid;
    this.#handle = handle;
  }

  /** The family of topics that the device answered on. */
  get family(): TopicFamily | undefined {
    return this.#family;
  }

  /** Messages that nobody could read. */
  get malformed(): number {
    return this.#malformed;
  }

  /** Begins to listen. */
  open(): void {
    this.#ends.push(this.#link.onState((state) => this.#stateChanged(state)));
    const wishes = clientFilters(this.#uid, this.#link.clientId);
    const subscription = this.#link.subscribe(wishes, (topic, payload) => this.#receive(topic, payload));
    this.#ends.push(() => subscription.close());
    void subscription.answered.then((grants) => {
      if (this.#closed) return;
      const granted = new Set(grants.filter((grant) => grant.granted).map(({ topic }) => topic));
      const answers = (['answer', 'sdp'] as const).map(
        (level) => `${this.#uid}/${level}/${this.#link.clientId}`,
      );
      if (answers.some((topic) => granted.has(topic))) this.#handle({ kind: 'ready' });
      else {
        const why = grants.find(({ why: words }) => words !== '')?.why ?? 'no reason given';
        const message = `the MQTT broker lets this user hear no answer of "${this.#uid}": ${why}`;
        this.#handle({ kind: 'refused', error: new PiCameraError('picamera/topic-refused', message) });
      }
    });
    this.#stateChanged(this.#link.state);
  }

  /** Says a session description. */
  say(type: 'offer' | 'answer', sdp: string): void {
    this.#publish(type, serializeDescription({ type, sdp }));
  }

  /** Says a candidate of ours; the end of them is nothing that devices can read. */
  sayCandidate(candidate: RTCIceCandidateInit): void {
    const message = serializeCandidate({ ...candidate, candidate: candidate.candidate ?? '' });
    if (message !== undefined) this.#publish('candidate', message);
  }

  /** Listens no more, and leaves the broker. May be called again. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const end of this.#ends.splice(0)) end();
    void this.#link.close();
  }

  #publish(kind: SignalKind, message: string): void {
    const families: readonly TopicFamily[] = this.#family ? [this.#family] : ['offer', 'sdp'];
    for (const family of families) {
      // Devices of the older family never offer, and so have no topic for an answer to them.
      if (family === 'sdp' && kind === 'answer') continue;
      const topic = signalTopic('client', { family, kind, uid: this.#uid, cid: this.#link.clientId });
      this.#link.publish(topic, message, { qos: SIGNAL_QOS.client });
    }
  }

  #receive(topic: string, payload: Uint8Array): void {
    const signal = parseSignalTopic('device', topic);
    if (this.#closed || signal === undefined) return;
    try {
      if (signal.kind === 'candidate') {
        const { candidate, ...rest } = parseCandidate(payload);
        this.#handle({ kind: 'candidate', candidate: { candidate, ...rest } });
        return;
      }
      const { type, sdp } = parseDescription(payload);
      // The first answer decides; whoever else answers is not who we talk to.
      if (type !== signal.kind || (this.#family !== undefined && signal.family !== this.#family)) return;
      if (type === 'answer') this.#family = signal.family;
      this.#handle({ kind: type, sdp });
    } catch (cause) {
      this.#malformed++;
      if (this.#malformed > 1) return;
      const error = new PiCameraError('picamera/malformed', `from the device: ${messageOf(cause)}`, {
        cause,
      });
      this.#handle({ kind: 'trouble', error });
    }
  }

  #stateChanged(state: MqttLinkState): void {
    if (this.#closed) return;
    if (state.kind === 'refused') {
      const { error: cause } = state;
      const error = new PiCameraError('picamera/broker-refused', cause.message, { cause });
      this.#handle({ kind: 'refused', error });
    } else if (state.kind === 'lost' && this.#told === 'nothing') {
      this.#told = 'lost';
      const message = `no connection to the MQTT broker: ${state.why}`;
      this.#handle({ kind: 'trouble', error: new PiCameraError('picamera/broker-unreachable', message) });
    } else if (state.kind === 'connected' && this.#told === 'lost') {
      this.#told = 'nothing';
      this.#handle({ kind: 'returned' });
    }
  }
}
