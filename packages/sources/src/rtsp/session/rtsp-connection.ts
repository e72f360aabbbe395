import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { Abort, Millis } from '@pinhole/core';
import {
  type InterleavedFrame,
  RtspReader,
  type RtspRequest,
  type RtspResponse,
  serializeRtspResponse,
} from '@pinhole/protocol/rtsp';
import type { SourceClock } from '../../clock.ts';
import { RtspError, socketFailure } from './rtsp-error.ts';
import type { RtspTarget } from './rtsp-target.ts';

/** How a connection is made. */
export interface ConnectionOptions {
  readonly target: RtspTarget;
  readonly clock: SourceClock;
  /** For connecting, and for each answer. */
  readonly timeoutMs: Millis;
  readonly signal: Abort;
  /** Takes what comes between the messages. */
  readonly frame: (frame: InterleavedFrame) => void;
}

interface Pending {
  readonly resolve: (response: RtspResponse) => void;
  readonly reject: (why: Error) => void;
}

/** Connects to a camera. @throws {RtspError | HandOver} */
export async function openRtspConnection(options: ConnectionOptions): Promise<RtspConnection> {
  const { target, clock, timeoutMs, signal } = options;
  const { host, port } = target;
  // Cameras sign their certificates themselves, for a name that is not theirs: TLS keeps listeners out, no more.
  const socket = target.secure
    ? connectTls({ host, port, rejectUnauthorized: false })
    : connectTcp({ host, port });
  await new Promise<void>((resolve, reject) => {
    const settle = (finish: () => void) => (): void => {
      cancel();
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', failed);
      finish();
    };
    const giveUp = (why: Error): void => settle(() => reject(why))();
    const failed = (error: Error): void => giveUp(socketFailure(error));
    const abort = (): void => giveUp(new RtspError('source/ended', 'stopped'));
    const cancel = clock.after(timeoutMs, () =>
      giveUp(new RtspError('source/timeout', `did not answer within ${timeoutMs} ms`)),
    );
    socket.once('error', failed);
    socket.once(target.secure ? 'secureConnect' : 'connect', settle(resolve));
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
  }).catch((why: unknown) => {
    socket.on('error', () => {}); // it is given up already
    socket.destroy();
    throw why;
  });
  return new RtspConnection(socket, options);
}

/** An open RTSP connection: requests out, answers and frames in. */
export class RtspConnection {
  readonly #socket: Socket | TLSSocket;
  readonly #options: ConnectionOptions;
  readonly #reader = new RtspReader();
  #pending: Pending | undefined;
  #failure: Error | undefined;
  #resolveClosed: (why: Error) => void = () => {};
  /** Resolves with the reason when the connection is gone. */
  readonly closed = new Promise<Error>((resolve) => {
    this.#resolveClosed = resolve;
  });

  /** @param socket connected; it is the connection's from now on. */
  constructor(socket: Socket | TLSSocket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay();
    socket.on('data', (chunk) => this.#read(chunk));
    socket.on('error', (error) => {
      this.#failure ??= socketFailure(error);
    });
    socket.on('close', () => this.#ended());
  }

  /** The camera's address. */
  get remoteAddress(): string {
    return this.#socket.remoteAddress ?? this.#options.target.host;
  }

  /** Our address on the way to the camera. */
  get localAddress(): string | undefined {
    return this.#socket.localAddress;
  }

  /**
   * Sends a request and waits for its answer; a later request is taken to be more urgent and gets it. Answers are taken in their order: cameras are known to
   * number them wrongly, or not at all.
   * @throws {RtspError} `source/timeout`, `source/ended` and others; {MalformedError} `rtsp/*`
   */
  async exchange(request: Uint8Array): Promise<RtspResponse> {
    if (this.#failure !== undefined) throw this.#failure;
    const { clock, timeoutMs } = this.#options;
    let cancel = (): void => {};
    let pending: Pending | undefined;
    try {
      return await new Promise<RtspResponse>((resolve, reject) => {
        pending = this.#pending = { resolve, reject };
        cancel = clock.after(timeoutMs, () =>
          reject(new RtspError('source/timeout', `did not answer within ${timeoutMs} ms`)),
        );
        this.#socket.write(request);
      });
    } finally {
      cancel();
      if (this.#pending === pending) this.#pending = undefined;
    }
  }

  /** Sends bytes that nobody answers. */
  send(bytes: Uint8Array): void {
    if (this.#socket.writable) this.#socket.write(bytes);
  }

  /** Cuts the connection. */
  close(): void {
    this.#failure ??= new RtspError('source/ended', 'closed');
    this.#socket.destroy();
  }

  #read(chunk: Uint8Array): void {
    if (this.#failure !== undefined) return;
    try {
      for (const item of this.#reader.push(chunk)) {
        if (item.kind === 'interleaved') this.#options.frame(item);
        else if (item.kind === 'response') this.#pending?.resolve(item);
        else this.#answer(item);
      }
    } catch (thrown) {
      this.#failure = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#socket.destroy();
    }
  }

  /** Cameras ask too, mostly whether we are still there. */
  #answer(request: RtspRequest): void {
    const sequence = request.headers.get('CSeq');
    const headers: (readonly [string, string])[] = sequence === undefined ? [] : [['CSeq', sequence]];
    const known = ['OPTIONS', 'GET_PARAMETER', 'SET_PARAMETER', 'ANNOUNCE', 'TEARDOWN', 'REDIRECT'];
    const [status, reason] = known.includes(request.method) ? [200, 'OK'] : [501, 'Not Implemented'];
    this.send(serializeRtspResponse({ status: Number(status), reason: String(reason), headers }));
    if (request.method === 'TEARDOWN' || request.method === 'REDIRECT') {
      this.#failure = new RtspError('source/ended', `the camera ended the session (${request.method})`);
      this.#socket.end();
    }
  }

  #ended(): void {
    const why = this.#failure ?? new RtspError('source/ended', 'the camera closed the connection');
    this.#failure = why;
    this.#pending?.reject(why);
    this.#resolveClosed(why);
  }
}
