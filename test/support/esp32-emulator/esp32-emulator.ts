import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { micros } from '@pinhole/core';
import { CardPictures, type PictureSize } from './card-picture.ts';
import { type EmulatedLogin, LoginCheck } from './emulated-login.ts';
import { type DriverAge, EmulatedSettings } from './emulated-settings.ts';
import {
  answerHead,
  chunkOf,
  FORMATS,
  type FormatName,
  partBytes,
  type StreamFormat,
} from './stream-format.ts';

/** Firmware that the emulator is like. */
export type EmulatedFirmware = 'stock' | 'tasmota' | 'esphome' | 'generic';

/** What an emulated camera is like; a stock one with 15 pictures a second unless told. */
export interface Esp32EmulatorOptions {
  readonly firmware?: EmulatedFirmware;
  /** A known format by name, or one of the test's own; that of the firmware unless told. */
  readonly format?: FormatName | StreamFormat;
  readonly framesPerSecond?: number;
  readonly age?: DriverAge;
  readonly led?: 'led' | 'no-led';
  readonly login?: EmulatedLogin;
  /** What becomes of a second viewer: it gets nothing, takes the first one's place, or is turned away. */
  readonly second?: 'waits' | 'steals' | 'refused';
  /** Answers a path before anything else does: status line and headers, or a whole answer. */
  readonly answer?: (path: string) => string | undefined;
  /** Changes what is sent for a picture, to damage it; or sends words instead. */
  readonly picture?: (
    jpeg: Uint8Array,
    number: number,
  ) => Uint8Array | { readonly contentType: string; readonly body: Uint8Array };
  /** The address that it listens on; ESPHome needs one where 8080 is free, such as 127.0.0.40. */
  readonly host?: string;
  /** Microseconds that its clock gains in a second. */
  readonly driftPpm?: number;
}

interface Viewer {
  readonly socket: Socket;
  readonly format: StreamFormat;
}

const SECOND: Readonly<Record<EmulatedFirmware, 'waits' | 'steals' | 'refused'>> = {
  stock: 'waits',
  tasmota: 'steals',
  esphome: 'refused',
  generic: 'waits',
};
const ESPHOME_PORT = 8080;

/**
 * An ESP32 with a camera, as far as one can tell over a network: the page with `/status` and `/control` (or Tasmota's
 * `/cm`), and on the next port the stream for one viewer at a time, with every flaw that is known of the real ones.
 * Pictures are real JPEG with the time code of the test card.
 */
export class Esp32Emulator {
  /** Requests so far, as `port offset path`, e.g. `1 /stream`. */
  readonly asked: string[] = [];
  /** Connections to the stream that were open at the same time, at most. */
  mostStreams = 0;
  streams = 0;
  readonly settings: EmulatedSettings;
  readonly #options: Esp32EmulatorOptions;
  readonly #page: Server;
  readonly #stream: Server;
  readonly #sockets = new Set<Socket>();
  readonly #login: LoginCheck | undefined;
  #viewers: Viewer[] = [];
  #open = 0;
  #bootedAt = performance.now();
  #frozen = false;
  #down = false;
  #number = 0;
  #pictures: { readonly size: PictureSize; readonly card: CardPictures } | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(options: Esp32EmulatorOptions = {}) {
    this.#options = options;
    const { age = '2024', led = 'led', login } = options;
    this.settings = new EmulatedSettings({ age, led });
    this.#login = login && new LoginCheck(login);
    this.#page = createServer((socket) => this.#serve(socket, 0));
    this.#stream = createServer((socket) => this.#serve(socket, 1));
  }

  /** Begins to listen: the stream one port behind the page. */
  async open(): Promise<this> {
    const { firmware = 'stock', framesPerSecond = 15 } = this.#options;
    if (firmware === 'esphome') await this.#listen(this.#stream, ESPHOME_PORT);
    else await this.#listenSideBySide();
    this.#timer = setInterval(() => this.#shoot(), 1000 / framesPerSecond);
    return this;
  }

  /** `host:port` of its page. */
  get address(): string {
    const { firmware, host = '127.0.0.1' } = this.#options;
    return firmware === 'esphome' ? host : `${host}:${(this.#page.address() as AddressInfo).port}`;
  }

  /** The address of its stream. */
  get streamUrl(): string {
    const { host = '127.0.0.1', firmware } = this.#options;
    const path = firmware === 'esphome' ? '/' : '/stream';
    return `http://${host}:${(this.#stream.address() as AddressInfo).port}${path}`;
  }

  /** Viewers that get pictures now. */
  get viewers(): number {
    return this.#viewers.length;
  }

  /** Hangs, as these devices do after some days: connections stay, and nothing comes. */
  freeze(): void {
    this.#frozen = true;
  }

  thaw(): void {
    this.#frozen = false;
  }

  /** Ends all connections, forgets settings and time, and takes none for so long. */
  reboot(options: { readonly downMs: number }): void {
    this.#down = true;
    this.#frozen = false;
    for (const socket of this.#sockets) socket.resetAndDestroy();
    this.settings.reset();
    setTimeout(() => {
      this.#down = false;
      this.#bootedAt = performance.now();
    }, options.downMs);
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    for (const socket of this.#sockets) socket.destroy();
    const servers = [this.#page, this.#stream].filter((server) => server.listening);
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }

  async #listen(server: Server, port: number): Promise<void> {
    server.listen(port, this.#options.host ?? '127.0.0.1');
    await once(server, 'listening');
  }

  async #listenSideBySide(): Promise<void> {
    for (let tries = 0; ; tries++) {
      await this.#listen(this.#page, 0);
      try {
        await this.#listen(this.#stream, (this.#page.address() as AddressInfo).port + 1);
        return;
      } catch (thrown) {
        if (tries > 20) throw thrown;
        this.#page.close();
        await once(this.#page, 'close');
      }
    }
  }

  #serve(socket: Socket, port: 0 | 1): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => {}); // the other side is gone
    socket.on('close', () => this.#sockets.delete(socket));
    if (this.#down) {
      socket.resetAndDestroy();
      return;
    }
    let head = '';
    socket.on('data', (chunk) => {
      if (head.endsWith('\r\n\r\n')) return;
      head += chunk.toString('latin1');
      if (head.endsWith('\r\n\r\n') && !this.#frozen) this.#answer(socket, port, head);
    });
  }

  #answer(socket: Socket, port: 0 | 1, head: string): void {
    const path = head.split(' ', 2)[1] ?? '/';
    this.asked.push(`${port} ${path}`);
    const scripted = this.#options.answer?.(path);
    if (scripted !== undefined) {
      socket.end(scripted, 'latin1');
      return;
    }
    const authorization = /^authorization: (.*)\r$/im.exec(head)?.[1];
    const challenge = this.#login?.challenge(path, authorization);
    if (challenge !== undefined) socket.end(answer(401, '', [`WWW-Authenticate: ${challenge}`]));
    else if (port === 1) this.#watch(socket, path);
    else this.#servePage(socket, new URL(path, 'http://camera'));
  }

  #servePage(socket: Socket, { pathname, searchParams }: URL): void {
    const { firmware = 'stock' } = this.#options;
    if (firmware === 'stock' && pathname === '/status')
      socket.end(answer(200, this.settings.status(), ['Content-Type: application/json']));
    else if (firmware === 'stock' && pathname === '/control')
      socket.end(answer(this.settings.control(searchParams), ''));
    else if (firmware === 'tasmota' && pathname === '/cm')
      socket.end(
        answer(200, this.#tasmota(searchParams.get('cmnd') ?? ''), ['Content-Type: application/json']),
      );
    else socket.end(answer(pathname === '/' ? 200 : 404, '<h1>Camera</h1>', ['Content-Type: text/html']));
  }

  #tasmota(line: string): string {
    const [command = '', number] = line.split(' ');
    const name = {
      WcResolution: 'framesize',
      WcMirror: 'hmirror',
      WcFlip: 'vflip',
      WcBrightness: 'brightness',
    }[command];
    if (name === undefined) return '{"Command":"Unknown"}';
    if (number !== undefined) this.settings.set(name, Number(number));
    return JSON.stringify({ [command]: this.settings.get(name) });
  }

  #watch(socket: Socket, path: string): void {
    const { firmware = 'stock', format = this.#formatName, second = SECOND[firmware] } = this.#options;
    if (firmware === 'tasmota' && path === '/') {
      socket.end(answer(302, '', ['Location: /cam.mjpeg']));
      return;
    }
    this.streams++;
    this.#open++;
    this.mostStreams = Math.max(this.mostStreams, this.#open);
    const viewer = { socket, format: typeof format === 'string' ? FORMATS[format] : format };
    socket.on('close', () => {
      this.#open--;
      this.#viewers = this.#viewers.filter((other) => other !== viewer);
    });
    if (this.#viewers.length > 0) {
      if (second === 'waits') return;
      if (second === 'refused') {
        socket.destroy();
        return;
      }
      for (const other of this.#viewers) other.socket.destroy();
    }
    socket.write(answerHead(viewer.format));
    this.#viewers.push(viewer);
  }

  get #formatName(): FormatName {
    const { firmware = 'stock' } = this.#options;
    return firmware === 'generic' ? 'stock' : firmware;
  }

  #shoot(): void {
    if (this.#frozen || this.#viewers.length === 0) return;
    const now = performance.now();
    const { size } = this.settings;
    if (this.#pictures?.size !== size) this.#pictures = { size, card: new CardPictures(size) };
    const number = this.#number++;
    const jpeg = this.#pictures.card.draw(number, micros(Math.round((performance.timeOrigin + now) * 1000)));
    const sent = this.#options.picture?.(jpeg, number) ?? jpeg;
    const sinceBootMs = (now - this.#bootedAt) * (1 + (this.#options.driftPpm ?? 0) / 1e6);
    for (const { socket, format } of this.#viewers) {
      const part =
        'body' in sent
          ? partBytes(format, sent.body, { sinceBootMs, contentType: sent.contentType })
          : partBytes(format, sent, { sinceBootMs });
      socket.write(format.transfer === 'chunked' ? chunkOf(part) : part);
    }
  }
}

function answer(status: number, body: string, headers: readonly string[] = []): string {
  const lines = [
    `HTTP/1.1 ${status} X`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Connection: close',
    ...headers,
  ];
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
