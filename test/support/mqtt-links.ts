import { type MqttLink, type MqttLinkOptions, type MqttLinkState, openMqttLink } from '@pinhole/mqtt';

/** A link that keeps what it was told, for a test to look at. */
export interface TestLink extends MqttLink {
  /** All states that it came to, as words: `lost: why`, `refused: code`. */
  readonly states: readonly string[];
  /** Resolves when it is in that state, at once when it is. */
  until(kind: MqttLinkState['kind']): Promise<MqttLinkState>;
}

/** Messages as a test sees them. */
export interface Heard {
  readonly messages: readonly string[];
  /** Resolves once so many came. */
  until(count: number): Promise<void>;
}

/** Opens links, and closes all of them at the end. */
export class TestLinks {
  readonly #open = new Set<MqttLink>();

  open(options: MqttLinkOptions): TestLink {
    const link = openMqttLink({ backoff: { firstMs: 50, maxMs: 200 }, ...options });
    this.#open.add(link);
    const states: string[] = [];
    link.onState((state) => states.push(inWords(state)));
    return Object.assign(link, {
      states,
      until: (kind: MqttLinkState['kind']) =>
        new Promise<MqttLinkState>((resolve) => {
          if (link.state.kind === kind) resolve(link.state);
          const stop = link.onState((state) => {
            if (state.kind !== kind) return;
            stop();
            resolve(state);
          });
        }),
    });
  }

  async closeAll(): Promise<void> {
    await Promise.all([...this.#open].map((link) => link.close()));
    this.#open.clear();
  }
}

/** Hears topics as `topic text`; resolves once the broker granted all of them. */
export async function hear(link: MqttLink, ...topics: readonly string[]): Promise<Heard> {
  const messages: string[] = [];
  const waiting = new Set<() => void>();
  const subscription = link.subscribe(
    topics.map((topic) => ({ topic, qos: 2, noLocal: true })),
    (topic, payload) => {
      messages.push(`${topic} ${new TextDecoder().decode(payload)}`);
      for (const check of waiting) check();
    },
  );
  const refused = (await subscription.answered).filter(({ granted }) => !granted);
  if (refused.length > 0) throw new Error(`not granted: ${JSON.stringify(refused)}`);
  return {
    messages,
    until: (count) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (messages.length < count) return;
          waiting.delete(check);
          resolve();
        };
        waiting.add(check);
        check();
      }),
  };
}

function inWords(state: MqttLinkState): string {
  if (state.kind === 'lost') return `lost: ${state.why}`;
  if (state.kind === 'refused') return `refused: ${state.error.code}`;
  return state.kind;
}
