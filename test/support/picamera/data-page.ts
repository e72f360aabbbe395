import {
  type CameraRequest,
  encodeRequest,
  LegacyReceiver,
  PacketReceiver,
  type SpokenEncoding,
  type TransferEvent,
} from '@pinhole/protocol/picamera';

/** What a local program said, and on which channel. */
export interface HeardMessage {
  readonly channel: number;
  readonly text: string;
}

/** A body that came, as a test compares it. */
export interface ReceivedBody {
  readonly type: number;
  readonly bytes: number;
  readonly sha256: string;
  /** In base64; of short ones. */
  readonly base64: string;
  readonly elapsedMs: number;
  /** The last that progress told. */
  readonly received: number;
}

const SHORT_BYTES = 4 * 2 ** 20;

const BOUNDS = { transfers: 16, bytes: 2 ** 30, silenceMs: 120_000 } as const;

const hexOf = (bytes: ArrayBuffer): string =>
  Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');

const base64Of = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.byteLength; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return btoa(text);
};

/** Whether a page has the picture beside its channels. */
export type PictureWish = 'with-picture' | 'channels-only';

/** The data channels of a page. */
class DataViewer {
  readonly #encoding: SpokenEncoding;
  readonly #connection = new RTCPeerConnection();
  readonly #channels = new Map<number, RTCDataChannel>();
  readonly #receivers = new Map<number, LegacyReceiver | PacketReceiver>();
  readonly #messages: HeardMessage[] = [];
  #waiting: { readonly type: number; readonly take: (event: TransferEvent) => void }[] = [];
  #received = 0;

  constructor(encoding: SpokenEncoding, wish: PictureWish) {
    this.#encoding = encoding;
    if (wish === 'with-picture') this.#connection.addTransceiver('video', { direction: 'recvonly' });
    for (const id of [0, 1, 2]) this.#open(id);
  }

  async connect(): Promise<void> {
    const opened = [...this.#channels.values()].map(
      (channel) => new Promise((resolve) => channel.addEventListener('open', resolve, { once: true })),
    );
    await this.#connection.setLocalDescription(await this.#connection.createOffer());
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (this.#connection.iceGatheringState === 'complete') resolve();
      };
      this.#connection.addEventListener('icegatheringstatechange', look);
      look();
    });
    const response = await fetch('/offer', {
      method: 'POST',
      body: this.#connection.localDescription?.sdp ?? '',
    });
    if (!response.ok) throw new Error(await response.text());
    await this.#connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
    await Promise.all(opened);
  }

  ask(request: CameraRequest, type: number): Promise<ReceivedBody> {
    const start = performance.now();
    this.#received = 0;
    const answer = new Promise<ReceivedBody>((resolve) => {
      this.#waiting.push({
        type,
        take: (event) => {
          if (event.kind === 'progress') this.#received = event.received;
          if (event.kind !== 'completed') return;
          const elapsedMs = performance.now() - start;
          const body = event.body ?? new Uint8Array();
          void crypto.subtle.digest('SHA-256', body as Uint8Array<ArrayBuffer>).then((digest) => {
            resolve({
              type,
              bytes: body.byteLength,
              sha256: hexOf(digest),
              base64: body.byteLength > SHORT_BYTES ? '' : base64Of(body),
              elapsedMs,
              received: this.#received,
            });
          });
        },
      });
    });
    this.say(0, request);
    return answer;
  }

  say(id: number, request: CameraRequest): void {
    const message = encodeRequest(request, this.#encoding);
    if (message === undefined) throw new Error(`no ${request.kind} in ${this.#encoding}`);
    if (typeof message === 'string') this.#channels.get(id)?.send(message);
    else this.#channels.get(id)?.send(message as Uint8Array<ArrayBuffer>);
  }

  /** So many messages to local programs, `0`, `1`, … */
  sayMany(id: number, count: number): void {
    for (let i = 0; i < count; i++) {
      this.say(id, { kind: 'custom', payload: new TextEncoder().encode(`up ${i}`) });
    }
  }

  /** What local programs said since the last call. */
  takeMessages(): readonly HeardMessage[] {
    return this.#messages.splice(0);
  }

  get received(): number {
    return this.#received;
  }

  close(): void {
    this.#connection.close();
  }

  #open(id: number): void {
    const channel = this.#connection.createDataChannel(String(id), {
      negotiated: true,
      id,
      ordered: true,
      ...(id === 1 && { maxRetransmits: 0 }),
    });
    channel.binaryType = 'arraybuffer';
    this.#channels.set(id, channel);
    const receiver =
      this.#encoding === 'legacy'
        ? new LegacyReceiver({ bounds: BOUNDS })
        : new PacketReceiver({ bounds: BOUNDS });
    this.#receivers.set(id, receiver);
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
      const now = performance.now();
      const pushed = receiver.push(new Uint8Array(data), now);
      for (const event of 'events' in pushed ? pushed.events : pushed) this.#take(id, event);
    };
  }

  #take(id: number, event: TransferEvent): void {
    if (id !== 0) {
      if (event.kind === 'completed')
        this.#messages.push({ channel: id, text: new TextDecoder().decode(event.body) });
      return;
    }
    const waiting = this.#waiting.find(({ type }) => type === event.type);
    waiting?.take(event);
    if (event.kind === 'completed') this.#waiting = this.#waiting.filter((each) => each !== waiting);
  }
}

let viewer: DataViewer | undefined;
const current = (): DataViewer => {
  if (!viewer) throw new Error('nobody is connected');
  return viewer;
};

/** What tests call in the page. */
const channels = {
  async connect(encoding: SpokenEncoding, wish: PictureWish): Promise<void> {
    viewer?.close();
    viewer = new DataViewer(encoding, wish);
    await viewer.connect();
  },
  ask: (request: CameraRequest, type: number): Promise<ReceivedBody> => current().ask(request, type),
  sayMany: (id: number, count: number): void => current().sayMany(id, count),
  takeMessages: (): readonly HeardMessage[] => current().takeMessages(),
  received: (): number => current().received,
  close: (): void => current().close(),
};

/** The page as the test's side sees it. */
export type DataPage = typeof channels;

Object.assign(window, { channels });
