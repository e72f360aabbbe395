import * as library from '@pinhole/client/picamera';
import { PaintedFrames, type SeenFrame } from '../harness/painted-frames.ts';
import { type DaemonOptions, type DaemonReport, ScriptedDaemon } from '../picamera-daemon/scripted-daemon.ts';
import { type GatewayReport, ScriptedGateway } from '../sfu-gateway/scripted-gateway.ts';
import { levelOf, readPicture } from './perceived.ts';

const { PiCamera } = library;

/** An event that a camera told, with what can leave the page. */
export interface ToldEvent {
  readonly name: string;
  readonly values: readonly unknown[];
}

/** One `RTCPeerConnection` that the library opened. */
export interface SeenConnection {
  readonly connection: RTCPeerConnection;
  /** What is told in place of the truth. */
  pretended?: RTCPeerConnectionState;
}

/** What a snippet of the documentation made, and what its camera told. */
class Snippet {
  readonly cameras: library.PiCamera[] = [];
  readonly told: ToldEvent[] = [];

  /** What it imports. */
  readonly library: typeof library;

  constructor() {
    const { cameras } = this;
    class Watched extends PiCamera {
      constructor(options: library.IPiCameraOptions) {
        super(options);
        cameras.push(this);
      }
    }
    this.library = { ...library, PiCamera: Watched };
  }

  /** It ran. */
  watch(): void {
    for (const camera of this.cameras) this.#watch(camera);
  }

  /** What it assigned is called as before. */
  #watch(camera: library.PiCamera): void {
    for (const name of ['onStream', ...EVENTS] as const) {
      const own = camera[name] as ((...values: unknown[]) => void) | undefined;
      Object.assign(camera, {
        [name]: (...values: unknown[]): void => {
          this.told.push({ name, values: values.map(portable) });
          own?.apply(camera, values);
        },
      });
    }
  }
}

class Viewer {
  readonly camera: library.PiCamera;
  readonly video = document.createElement('video');
  readonly painted = new PaintedFrames(() => this.video);
  readonly told: ToldEvent[] = [];
  readonly streams: MediaStream[] = [];

  constructor(options: library.IPiCameraOptions) {
    this.video.muted = true;
    this.video.autoplay = true;
    this.video.playsInline = true;
    document.body.append(this.video);
    this.camera = new PiCamera(options);
    const keep =
      (name: string) =>
      (...values: unknown[]): void => {
        this.told.push({ name, values: values.map(portable) });
      };
    for (const name of EVENTS) Object.assign(this.camera, { [name]: keep(name) });
    this.camera.onStream = (stream) => {
      keep('onStream')(stream);
      this.streams.push(stream);
      if (this.video.srcObject !== stream) this.video.srcObject = stream;
    };
    this.painted.open();
  }

  close(): void {
    this.camera.terminate();
    this.painted.close();
    this.video.remove();
  }
}

const EVENTS = [
  'onConnectionState',
  'onDatachannel',
  'onProgress',
  'onSfuStream',
  'onSnapshot',
  'onMetadata',
  'onVideoListLoaded',
  'onVideoDownloaded',
  'onRecording',
  'onMessage',
  'onTimeout',
  'onRoomInfo',
  'onQuality',
  'onSpeaking',
  'onParticipant',
  'onError',
] as const;

const sums = new Map<unknown, Promise<string>>();

function portable(value: unknown): unknown {
  if (value instanceof Error) {
    const { code, message } = value as Error & { readonly code?: string };
    return { code, message };
  }
  if (value instanceof MediaStream)
    return {
      id: value.id,
      tracks: value
        .getTracks()
        .map(({ kind }) => kind)
        .toSorted(),
    };
  if (value instanceof Uint8Array) {
    sums.set(value.byteLength, sha256(value as Uint8Array<ArrayBuffer>));
    return { bytes: value.byteLength };
  }
  return value;
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const viewers = new Map<string, Viewer>();
const daemons = new Map<string, ScriptedDaemon>();

// Everything that the library opens, so that what stays open is seen.
const connections: SeenConnection[] = [];
const sockets: WebSocket[] = [];
const NativeConnection = globalThis.RTCPeerConnection;
const NativeSocket = globalThis.WebSocket;
globalThis.RTCPeerConnection = class extends NativeConnection {
  readonly #seen: SeenConnection = { connection: this };

  constructor(configuration?: RTCConfiguration) {
    super(configuration);
    connections.push(this.#seen);
  }

  override get connectionState(): RTCPeerConnectionState {
    return this.#seen.pretended ?? super.connectionState;
  }
};
globalThis.WebSocket = class extends NativeSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    sockets.push(this);
  }
};

let gateway: ScriptedGateway | undefined;
let snippet: Snippet | undefined;
let snippetFrames: PaintedFrames | undefined;

const of = (name: string): Viewer => {
  const viewer = viewers.get(name);
  if (!viewer) throw new Error(`there is no viewer "${name}"`);
  return viewer;
};

/** What tests call in the page. */
const rig = {
  open(name: string, options: library.IPiCameraOptions): void {
    viewers.set(name, new Viewer(options));
  },
  /** Calls a method of a camera; dates go as milliseconds. */
  call(name: string, method: string, ...values: readonly unknown[]): unknown {
    const { camera } = of(name);
    const called = (camera as unknown as Record<string, (...all: unknown[]) => unknown>)[method];
    if (!called) throw new Error(`there is no ${method}`);
    return called.apply(camera, [...values]);
  },
  /** From `connect()` to the first painted picture. */
  firstFrameMs: (name: string): number | undefined => of(name).painted.firstFrameMs,
  /** Calls a method. @returns the milliseconds until the next event of a name */
  async waitFor(name: string, event: string, method: string, ...values: readonly unknown[]): Promise<number> {
    const { camera } = of(name);
    const listener = camera[event as 'onSnapshot'];
    const since = performance.now();
    await new Promise<void>((told) => {
      Object.assign(camera, { [event]: () => told() });
      rig.call(name, method, ...values);
    });
    Object.assign(camera, { [event]: listener });
    return performance.now() - since;
  },
  sayAll(name: string, messages: readonly string[]): void {
    for (const message of messages) of(name).camera.sendMessage(message);
  },
  hasHeard: (name: string, text: string): boolean =>
    of(name).told.some((event) => event.name === 'onMessage' && event.values[0] === text),
  told: (name: string): readonly ToldEvent[] => of(name).told,
  frames: (name: string): readonly SeenFrame[] => of(name).painted.take(),
  sum: (bytes: number): Promise<string> | undefined => sums.get(bytes),
  async sumOfStream(name: string, path: string): Promise<{ readonly sum: string; readonly chunks: number }> {
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const reader = of(name).camera.streamVideoFile(path).getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) parts.push(part.value);
    return { sum: await sha256(await new Response(new Blob(parts)).bytes()), chunks: parts.length };
  },
  readPicture,
  audioLevel: (name: string): Promise<number> => levelOf(of(name).streams),
  /** The newest connection says that it is in a state in which it is not. */
  pretend(state: RTCPeerConnectionState | undefined): void {
    const seen = connections.findLast(({ connection }) => connection.signalingState !== 'closed');
    if (!seen) throw new Error('no connection is open');
    if (state === undefined) delete seen.pretended;
    else seen.pretended = state;
    seen.connection.dispatchEvent(new Event('connectionstatechange'));
  },
  /** What is open now of all that was opened. */
  census: () => ({
    connections: connections.filter(({ connection }) => connection.signalingState !== 'closed').length,
    sockets: sockets.filter(({ readyState }) => readyState <= WebSocket.OPEN).length,
    channels: connections.length,
  }),
  /** Makes ready for a snippet, which finds its imports in `imported`. */
  beginSnippet(): void {
    const video = document.createElement('video');
    Object.assign(video, { id: 'videoElement', autoplay: true, muted: true, playsInline: true });
    document.body.append(video);
    snippetFrames = new PaintedFrames(() => video);
    snippetFrames.open();
    snippet = new Snippet();
    Object.assign(window, { imported: snippet.library });
  },
  watchSnippet: (): void => snippet?.watch(),
  connectSnippet: (): void => snippet?.cameras[0]?.connect(),
  snippet: () => ({
    told: snippet?.told ?? [],
    frames: snippetFrames?.take() ?? [],
    status: snippet?.cameras.map((camera) => camera.getStatus()) ?? [],
  }),
  endSnippet(): void {
    for (const camera of snippet?.cameras ?? []) camera.terminate();
    snippetFrames?.close();
    document.getElementById('videoElement')?.remove();
  },
  close(name: string): void {
    of(name).close();
    viewers.delete(name);
  },
  closeAll(): void {
    for (const name of Array.from(viewers.keys())) rig.close(name);
  },
  startDaemon(name: string, options: DaemonOptions): void {
    daemons.set(name, new ScriptedDaemon(options));
  },
  daemonReady: (name: string): boolean => daemons.get(name)?.ready === true,
  daemon(name: string): DaemonReport & { readonly painted: number } {
    const daemon = daemons.get(name);
    if (!daemon) throw new Error(`there is no daemon "${name}"`);
    return { ...daemon.report(), painted: daemon.painted() };
  },
  daemonHears: async (name: string): Promise<number> => (await daemons.get(name)?.heard()) ?? 0,
  daemonSays: (name: string, text: string): void => daemons.get(name)?.say(text),
  startGateway(url: string): void {
    gateway = new ScriptedGateway(url);
  },
  gatewayReady: (): boolean => gateway?.ready === true,
  gateway: (): GatewayReport | undefined => gateway?.report(),
  gatewaySays: (action: string, body: unknown): void => gateway?.say(action, body),
  stopGateway: (): void => gateway?.close(),
  stopDaemon(name: string): void {
    daemons.get(name)?.close();
    daemons.delete(name);
  },
};

/** The page as the test's side sees it. */
export type PicameraPage = typeof rig;

Object.assign(window, { rig, picamera: library });
