import type { RoomClientMessageInput, RoomServerMessage, RoomServerMessageOf } from '@pinhole/protocol/rooms';
import { type ClientOptions, WebSocket } from 'ws';

/** How somebody connects. */
export interface RoomPeerOptions {
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Answers no pings, as one whose network is gone. */
  readonly mute?: true;
}

/** A client of rooms over a real WebSocket, as plain as those in the field. */
export class RoomPeer {
  readonly socket: WebSocket;
  /** All messages that were not taken yet. */
  readonly inbox: RoomServerMessage[] = [];
  /** All binary messages. */
  readonly pictures: Buffer[] = [];
  /** Resolves when the connection is gone, with its close code, or the HTTP status that refused it. */
  readonly closed: Promise<number>;
  /** The server's name for it. */
  id = '';
  resumeToken = '';
  #arrived: (() => void) | undefined;

  private constructor(url: string, { token, headers = {}, mute }: RoomPeerOptions) {
    const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const options: ClientOptions = { headers: { ...authorization, ...headers }, perMessageDeflate: false };
    this.socket = new WebSocket(url, { ...options, autoPong: mute === undefined });
    this.socket.on('message', (payload: Buffer, isBinary: boolean) => {
      if (isBinary) {
        this.pictures.push(payload);
        return;
      }
      this.inbox.push(JSON.parse(payload.toString()) as RoomServerMessage);
      this.#arrived?.();
    });
    this.socket.on('error', () => {}); // `close` follows
    let status: number | undefined;
    this.socket.on('unexpected-response', (_request, response) => {
      status = response.statusCode;
      response.resume();
      this.socket.terminate();
    });
    this.closed = new Promise((resolve) => this.socket.on('close', (code) => resolve(status ?? code)));
  }

  /** Connects, without waiting for anything. */
  static start(url: string, options: RoomPeerOptions = {}): RoomPeer {
    return new RoomPeer(url.replace(/^http/, 'ws'), options);
  }

  /** Connects and takes the welcome. */
  static async open(url: string, options: RoomPeerOptions = {}): Promise<RoomPeer> {
    const peer = RoomPeer.start(url, options);
    const welcome = await peer.take('welcome');
    peer.id = welcome.clientId;
    peer.resumeToken = welcome.resumeToken ?? '';
    return peer;
  }

  /** Sends a message, also one that breaks the rules. */
  say(message: RoomClientMessageInput | Readonly<Record<string, unknown>>): void {
    this.socket.send(JSON.stringify(message));
  }

  /** Sends whatever it is. */
  raw(bytes: string | Uint8Array): void {
    this.socket.send(bytes);
  }

  async join(fields: Readonly<Record<string, unknown>>): Promise<RoomServerMessageOf<'joined'>> {
    this.say({ type: 'join', ...fields });
    return await this.take('joined');
  }

  /** The next message, now or when it comes. */
  async next(): Promise<RoomServerMessage> {
    for (;;) {
      const message = this.inbox.shift();
      if (message !== undefined) return message;
      await new Promise<void>((resolve, reject) => {
        this.#arrived = resolve;
        void this.closed.then((code) => reject(new Error(`closed with ${code} while waiting for a message`)));
      });
    }
  }

  /** The next message of that type, now or when it comes; those before it are forgotten. */
  async take<Type extends RoomServerMessage['type']>(type: Type): Promise<RoomServerMessageOf<Type>> {
    for (;;) {
      const message = await this.next();
      if (message.type === type) return message as RoomServerMessageOf<Type>;
    }
  }

  /** All that has come by the time that the server answers a ping. */
  async heard(): Promise<readonly RoomServerMessage[]> {
    const before: RoomServerMessage[] = [];
    const t = Math.random();
    this.say({ type: 'ping', t });
    for (;;) {
      const message = await this.next();
      if (message.type === 'pong' && message.t === t) return before;
      before.push(message);
    }
  }

  /** Says goodbye and waits for the end. */
  async leave(): Promise<void> {
    this.socket.close();
    await this.closed;
  }
}

/** What a peer heard, in words: errors by their code. */
export const inWords = (messages: readonly RoomServerMessage[]): readonly string[] =>
  messages.map((message) => (message.type === 'error' ? message.code : message.type));
