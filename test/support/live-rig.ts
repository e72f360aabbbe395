import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Micros, micros, PinholeError, silentLogger } from '@pinhole/core';
import { Cameras, ViewerRegistry } from '@pinhole/engine';
import { LiveEndpoint } from '@pinhole/outputs/live';
import {
  type LiveFrame,
  type LiveServerMessage,
  liveSubprotocols,
  parseLiveFrame,
  parseLiveServerMessage,
} from '@pinhole/protocol/live';
import WebSocket from 'ws';
import { type ScriptedSource, scriptedCamera } from './scripted-camera.ts';

/** A real WebSocket client that keeps what it got. */
class LiveClient {
  readonly socket: WebSocket;
  readonly texts: LiveServerMessage[] = [];
  readonly frames: LiveFrame[] = [];
  /** Types of the messages in the order they came; `frame` for binary ones. */
  readonly order: string[] = [];
  closeCode: number | undefined;

  constructor(url: string) {
    this.socket = new WebSocket(url, liveSubprotocols('secret'));
    this.socket.on('message', (message, isBinary) => {
      if (isBinary) {
        this.frames.push(parseLiveFrame(new Uint8Array(message as Buffer)));
        this.order.push('frame');
      } else {
        const text = parseLiveServerMessage((message as Buffer).toString());
        this.texts.push(text);
        this.order.push(text.type);
      }
    });
    this.socket.on('error', () => {});
    this.socket.on('close', (code) => {
      this.closeCode = code;
    });
  }

  say(message: unknown): void {
    this.socket.send(typeof message === 'string' ? message : JSON.stringify(message));
  }

  /** The last text of a type. */
  text<T extends LiveServerMessage['type']>(type: T): Extract<LiveServerMessage, { type: T }> | undefined {
    return this.texts.findLast((text): text is Extract<LiveServerMessage, { type: T }> => text.type === type);
  }

  /** The code with which the server closed. */
  async closed(): Promise<number> {
    if (this.closeCode === undefined)
      await once(this.socket, 'close', { signal: AbortSignal.timeout(10_000) });
    return this.closeCode ?? 0;
  }
}

/** `/live/{camera}` on a real socket, with the camera `door` and a refused path `locked`. */
export class LiveRig {
  /** Added to the clock, in microseconds. */
  clockOffset = 0;
  readonly source: ScriptedSource;
  readonly registry: ViewerRegistry;
  readonly endpoint: LiveEndpoint;
  readonly server = createServer();
  readonly #clients: LiveClient[] = [];

  constructor() {
    const now = (): Micros => micros(Date.now() * 1000 + this.clockOffset);
    const { camera, source } = scriptedCamera({ id: 'door', now });
    this.source = source;
    const limits = { total: 3, perCamera: 3, perAddress: 3 };
    this.registry = new ViewerRegistry({ limits, now, newId: () => crypto.randomUUID() });
    const { registry } = this;
    this.endpoint = new LiveEndpoint({ cameras: new Cameras([camera]), registry, now, log: silentLogger });
    this.server.on('upgrade', (request, socket, head) => {
      const id = request.url?.slice('/live/'.length) ?? '';
      if (id === 'locked') {
        const error = new PinholeError('auth/required', 'sign in first');
        this.endpoint.refuse({ request, socket, head }, { bye: 'unauthorized', error });
      } else {
        const identity = { tokenId: 'ann', address: '127.0.0.1' };
        this.endpoint.upgrade({ request, socket, head }, { camera: id, identity });
      }
    });
  }

  async listen(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  connect(camera = 'door'): LiveClient {
    const client = new LiveClient(`ws://127.0.0.1:${this.port}/live/${camera}`);
    this.#clients.push(client);
    return client;
  }

  /** A viewer that was greeted. */
  async open(): Promise<LiveClient> {
    const client = this.connect();
    while (!client.text('hello'))
      await once(client.socket, 'message', { signal: AbortSignal.timeout(5_000) });
    return client;
  }

  /** Pictures that need those before them. */
  frames(count: number): void {
    for (let i = 0; i < count; i++) this.source.frame({ key: false });
  }

  /** Connections that the server holds. */
  connections(): Promise<number> {
    return new Promise((resolve, reject) =>
      this.server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
    );
  }

  async close(): Promise<void> {
    for (const { socket } of this.#clients) socket.terminate();
    this.registry.endWhere(() => true, 'shutdown');
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
