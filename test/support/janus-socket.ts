import { once } from 'node:events';
import { WebSocket } from 'ws';

/** A message as it stands in JSON. */
export type JanusJson = Readonly<Record<string, unknown>>;

/** A client of the Janus API as a test writes it: what it says is what goes over the wire. */
export class JanusSocket {
  readonly socket: WebSocket;
  readonly #inbox: JanusJson[] = [];
  #woken: (() => void) | undefined;
  #said = '';

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (bytes: Buffer) => {
      this.#inbox.push(JSON.parse(bytes.toString()) as JanusJson);
      this.#woken?.();
    });
    socket.on('error', () => {}); // `close` follows
  }

  static async open(
    url: string,
    {
      subprotocols = ['janus-protocol'],
      headers = {},
    }: { subprotocols?: string[]; headers?: Record<string, string> } = {},
  ): Promise<JanusSocket> {
    const socket = new WebSocket(url, subprotocols, { headers });
    const client = new JanusSocket(socket);
    await once(socket, 'open', { signal: AbortSignal.timeout(10_000) });
    return client;
  }

  say(message: object | string): void {
    this.#said = typeof message === 'string' ? message : JSON.stringify(message);
    this.socket.send(this.#said);
  }

  /** The next message for which `matches` says so; those before it stay. */
  async next(matches: (message: JanusJson) => boolean = () => true): Promise<JanusJson> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const at = this.#inbox.findIndex(matches);
      if (at !== -1) return this.#inbox.splice(at, 1)[0] ?? {};
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`nothing came after ${this.#said}; there is ${JSON.stringify(this.#inbox)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#woken = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  /** Asks, and takes the answer with the same transaction. */
  ask(request: JanusJson): Promise<JanusJson> {
    this.say(request);
    return this.next(({ transaction, janus }) => transaction === request['transaction'] && janus !== 'event');
  }

  /** What came and nobody took. */
  take(): JanusJson[] {
    return this.#inbox.splice(0);
  }

  /** A session with a handle of this plugin. */
  async attach(
    plugin = 'janus.plugin.ustreamer',
    rest: object = {},
  ): Promise<{ session_id: number; handle_id: number }> {
    const session_id = idOf(await this.ask({ janus: 'create', transaction: 'create', ...rest }));
    const attach = { janus: 'attach', transaction: 'attach', plugin, session_id, ...rest };
    return { session_id, handle_id: idOf(await this.ask(attach)) };
  }

  close(): void {
    this.socket.terminate();
  }
}

/** The id of what was made. */
export function idOf(reply: JanusJson): number {
  const { id } = (reply['data'] ?? {}) as { readonly id?: number };
  if (id === undefined) throw new Error(`no id in ${JSON.stringify(reply)}`);
  return id;
}
