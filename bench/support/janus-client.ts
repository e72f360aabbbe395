import { once } from 'node:events';
import { WebSocket } from 'ws';

interface Message {
  readonly janus: string;
  readonly transaction?: string;
  readonly data?: { readonly id: number };
  readonly jsep?: { readonly sdp: string };
  readonly error?: { readonly reason: string };
  readonly plugindata?: { readonly data: unknown };
}

const KEEPALIVE_MS = 20_000;
const PATIENCE_MS = 20_000;

/** A client of the Janus API that does no more than watch. */
export class JanusClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Set<{ matches: (message: Message) => boolean; take: (message: Message) => void }>();
  #transactions = 0;
  #at: { readonly session_id: number; readonly handle_id?: number } | undefined;
  #keepalive: NodeJS.Timeout | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (bytes: Buffer) => {
      const message = JSON.parse(bytes.toString()) as Message;
      for (const waiter of this.#waiting)
        if (waiter.matches(message)) {
          this.#waiting.delete(waiter);
          waiter.take(message);
        }
    });
  }

  static async open(url: string): Promise<JanusClient> {
    const socket = new WebSocket(url, 'janus-protocol');
    await once(socket, 'open');
    return new JanusClient(socket);
  }

  /** Creates a session, attaches to the plugin and asks to watch. @returns the offer */
  async watch(plugin: string, body: object): Promise<string> {
    const session_id = (await this.#ask({ janus: 'create' })).data?.id ?? 0;
    this.#at = { session_id };
    const handle_id = (await this.#ask({ janus: 'attach', plugin })).data?.id ?? 0;
    this.#at = { session_id, handle_id };
    const offered = this.#next(({ janus, jsep }) => janus === 'event' && jsep !== undefined);
    await this.#ask({ janus: 'message', body });
    this.#keepalive = setInterval(() => {
      this.#send({ janus: 'keepalive', session_id });
    }, KEEPALIVE_MS);
    return (await offered).jsep?.sdp ?? '';
  }

  async start(sdp: string): Promise<void> {
    await this.#ask({
      janus: 'message',
      body: { request: 'start' },
      jsep: { type: 'answer', sdp, trickle: false },
    });
  }

  async close(): Promise<void> {
    clearInterval(this.#keepalive);
    if (this.#at) await this.#ask({ janus: 'destroy', handle_id: undefined });
    this.#socket.terminate();
  }

  #send(message: object): string {
    const transaction = `t${++this.#transactions}`;
    this.#socket.send(JSON.stringify({ transaction, ...this.#at, ...message }));
    return transaction;
  }

  async #ask(message: object): Promise<Message> {
    const transaction = this.#send(message);
    const reply = await this.#next((given) => given.transaction === transaction && given.janus !== 'event');
    if (reply.janus === 'error') throw new Error(reply.error?.reason);
    return reply;
  }

  #next(matches: (message: Message) => boolean): Promise<Message> {
    return new Promise((take, reject) => {
      const waiter = { matches, take };
      this.#waiting.add(waiter);
      setTimeout(() => {
        if (this.#waiting.delete(waiter)) reject(new Error('Janus does not answer'));
      }, PATIENCE_MS).unref();
    });
  }
}
