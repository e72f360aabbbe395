import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { micros } from '@pinhole/core';
import { nalType, nalUnits } from '@pinhole/media/h264';
import { microsToNtp, packetizeH264, serializeRtcp, serializeRtp } from '@pinhole/media/rtp';

/** A request as it reached the camera. */
export interface AskedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly at: number;
}

/** What it answers: the status line's end, header lines, a body. */
export interface ScriptedAnswer {
  readonly status: string;
  readonly headers?: readonly string[];
  readonly body?: string;
  /** Answers nothing at all. */
  readonly silent?: true;
}

/** How a scripted camera differs from a tame one. */
export interface RtspScript {
  /** Pictures, as Annex B; all in one slice each. */
  readonly stream: Uint8Array;
  /** What it answers instead; undefined leaves the tame answer. `count` is how often it was asked this. */
  readonly answer?: (request: AskedRequest, count: number) => Partial<ScriptedAnswer> | undefined;
  /** The CSeq that it answers with instead of ours; undefined leaves the header out. */
  readonly sequence?: (ours: number) => number | undefined;
  /** Written in front of everything that it sends from PLAY on. */
  readonly noise?: Uint8Array;
  /** Asked of the client after each picture. */
  readonly asks?: string;
  /** Called right before the first packet of each picture is sent. */
  readonly aboutToSend?: (picture: number) => void;
  readonly channel?: number;
  readonly ssrc?: number;
  /** Its clock, less ours. */
  readonly clockMs?: number;
  /** Sends no more than so many pictures, then BYE. */
  readonly pictures?: number;
  readonly tls?: TlsOptions;
  /** Sends a packet of sound with each picture, on channel 2. */
  readonly sound?: { readonly payloadType: number; readonly bytes: number; readonly ticks: number };
  /** Lines of its description, instead of one H.264 stream. */
  readonly sdp?: readonly string[];
}

const INTERVAL_MS = 10;
const EMPTY_SDP = ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=x', 't=0 0'];
const H264_SDP = [...EMPTY_SDP, 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:track1'];

/** A camera that answers as it is told, on 127.0.0.1, and sends its pictures over the connection again and again. */
export class ScriptedRtspCamera {
  readonly asked: AskedRequest[] = [];
  /** Answers that it got to its own questions. */
  readonly answers: string[] = [];
  /** RTCP of the client. */
  readonly reports: Uint8Array[] = [];
  connections = 0;
  readonly #script: RtspScript;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(script: RtspScript) {
    this.#script = script;
    const serve = (socket: Socket): void => this.#serve(socket);
    this.#server = script.tls === undefined ? createServer(serve) : createTlsServer(script.tls, serve);
  }

  /** Begins to listen. */
  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Methods asked so far, in order. */
  get methods(): readonly string[] {
    return this.asked.map(({ method }) => method);
  }

  url(path = '/live', userInfo = ''): string {
    const scheme = this.#script.tls === undefined ? 'rtsp' : 'rtsps';
    return `${scheme}://${userInfo}127.0.0.1:${this.port}${path}`;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    this.connections++;
    this.#sockets.add(socket);
    socket.on('error', () => {}); // the client is gone
    socket.on('data', (chunk) => this.#read(socket, chunk));
  }

  /** On loopback each message comes in one piece, or several in one. */
  #read(socket: Socket, chunk: Buffer): void {
    for (let rest = chunk; rest.length > 0; ) {
      if (rest[0] === 0x24) {
        const end = 4 + rest.readUInt16BE(2);
        this.reports.push(rest.subarray(4, end));
        rest = rest.subarray(end);
        continue;
      }
      const end = rest.indexOf('\r\n\r\n') + 4;
      const [startLine = '', ...rows] = rest.toString('utf8', 0, end).trimEnd().split('\r\n');
      rest = rest.subarray(end);
      if (startLine.startsWith('RTSP/')) this.answers.push(startLine);
      else this.#answer(socket, startLine, rows);
    }
  }

  #answer(socket: Socket, startLine: string, rows: readonly string[]): void {
    const [method = '', url = ''] = startLine.split(' ');
    const headers = Object.fromEntries(
      rows.map((row) => [
        row.slice(0, row.indexOf(':')).toLowerCase(),
        row.slice(row.indexOf(':') + 1).trim(),
      ]),
    );
    const request = { method, url, headers, at: performance.now() };
    this.asked.push(request);
    const count = this.methods.filter((asked) => asked === method).length;
    const answer: ScriptedAnswer = { ...this.#tame(request), ...this.#script.answer?.(request, count) };
    if (answer.silent) return;
    const { status, body = '' } = answer;
    const ours = Number(headers['cseq']);
    const sequence = this.#script.sequence === undefined ? ours : this.#script.sequence(ours);
    const lines = [...(sequence === undefined ? [] : [`CSeq: ${sequence}`]), ...(answer.headers ?? [])];
    if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`);
    socket.write(`RTSP/1.0 ${status}\r\n${lines.join('\r\n')}\r\n\r\n${body}`);
    if (method === 'PLAY' && status.startsWith('200')) this.#send(socket);
  }

  #tame({ method, headers }: AskedRequest): ScriptedAnswer {
    const body = `${(this.#script.sdp ?? H264_SDP).join('\r\n')}\r\n`;
    if (method === 'OPTIONS')
      return { status: '200 OK', headers: ['Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER'] };
    if (method === 'DESCRIBE') return { status: '200 OK', headers: ['Content-Type: application/sdp'], body };
    if (method === 'SETUP')
      return { status: '200 OK', headers: ['Session: 7;timeout=60', `Transport: ${headers['transport']}`] };
    return { status: '200 OK', headers: ['Session: 7'] };
  }

  #send(socket: Socket): void {
    const {
      stream,
      noise,
      asks,
      channel = 0,
      ssrc = 0x1234,
      clockMs = 0,
      pictures = Infinity,
      sound,
    } = this.#script;
    const units = picturesOf(stream);
    let picture = 0;
    let sequence = 65_500;
    const frame = (at: number, bytes: Uint8Array): void => {
      if (noise !== undefined) socket.write(noise);
      socket.write(Buffer.concat([Uint8Array.of(0x24, at, bytes.length >> 8, bytes.length & 0xff), bytes]));
    };
    const timer = setInterval(() => {
      const timestamp = (2 ** 32 - 900 + picture * 900) % 2 ** 32; // wraps at the second picture
      if (picture >= pictures) {
        frame(channel + 1, serializeRtcp([{ kind: 'bye', ssrcs: [ssrc] }]));
        clearInterval(timer);
        return;
      }
      if (picture % 5 === 1) {
        const ntp = microsToNtp(micros((performance.timeOrigin + performance.now() + clockMs) * 1000));
        const counts = { packetsSent: 1, bytesSent: 1, reports: [] };
        frame(
          channel + 1,
          serializeRtcp([{ kind: 'sender-report', ssrc, ntp, rtpTimestamp: timestamp, ...counts }]),
        );
      }
      this.#script.aboutToSend?.(picture);
      const payloads = packetizeH264(units[picture % units.length] ?? []);
      for (const [i, payload] of payloads.entries()) {
        const marker = i === payloads.length - 1;
        frame(
          channel,
          serializeRtp({ marker, payloadType: 96, sequence: sequence++ % 65_536, timestamp, ssrc, payload }),
        );
      }
      if (sound !== undefined) {
        const { payloadType, bytes, ticks } = sound;
        const payload = new Uint8Array(bytes).fill(0xff);
        const packet = { marker: false, payloadType, sequence: picture % 65_536, timestamp: picture * ticks };
        frame(2, serializeRtp({ ...packet, ssrc: 0x5678, payload }));
      }
      if (asks !== undefined) socket.write(`${asks} rtsp://x/ RTSP/1.0\r\nCSeq: ${picture}\r\n\r\n`);
      picture++;
    }, INTERVAL_MS);
    this.#timers.add(timer);
    socket.on('close', () => clearInterval(timer));
  }
}

/** NAL units of each picture; pictures of one slice. */
function picturesOf(stream: Uint8Array): readonly (readonly Uint8Array[])[] {
  const pictures: Uint8Array[][] = [[]];
  for (const nal of nalUnits(stream)) {
    pictures.at(-1)?.push(nal);
    if (nalType(nal) === 1 || nalType(nal) === 5) pictures.push([]);
  }
  return pictures.filter((nals) => nals.length > 0);
}
