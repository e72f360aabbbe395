import { loudnessOf } from '../picamera/loudness.ts';
import type { Client, ClientOptions, JanusLibrary } from './client.ts';
import { GuideClient } from './guide-client.ts';
import { PikvmClient } from './pikvm-client.ts';
import { TinypilotClient } from './tinypilot-client.ts';

const KINDS = { guide: GuideClient, tinypilot: TinypilotClient, pikvm: PikvmClient } as const;

/** What a client is opened with. */
export interface JanusClientOptions extends ClientOptions {
  readonly kind: keyof typeof KINDS;
}

/** A page with Janus's own library. */
export interface JanusPage {
  /** Shows the picture in `#{name}`. */
  open(name: string, options: JanusClientOptions): Promise<void>;
  /** What happened, in words. */
  log(name: string): readonly string[];
  /** Hangs up as a page does that goes on. */
  hangup(name: string): void;
  watch(name: string): void;
  /** Closes the connection of its WebRTC alone, as a browser does whose page is gone. */
  drop(name: string): void;
  destroy(name: string): Promise<void>;
  /** Bytes of media that came, by kind. */
  received(name: string): Promise<Readonly<Record<string, number>>>;
  /** The loudest sample of the sound that is shown. */
  loudness(name: string): Promise<number>;
  /** The offer and the answer. */
  described(name: string): { readonly offer: string | undefined; readonly answer: string | undefined };
}

const clients = new Map<string, Client>();
const clientOf = (name: string): Client => {
  const client = clients.get(name);
  if (!client) throw new Error(`no client ${name}`);
  return client;
};

// As it is published, letter by letter; the adapter is a script of the page.
const where = document.querySelector<HTMLMetaElement>('meta[name=janus]')?.content ?? '';
const { default: Janus } = (await import(/* @vite-ignore */ where)) as { readonly default: JanusLibrary };
await new Promise<void>((callback) => {
  Janus.init({ debug: false, dependencies: Janus.useDefaultDependencies(), callback });
});

const janusPage: JanusPage = {
  open: async (name, { kind, ...options }) => {
    const place = document.createElement('div');
    place.id = name;
    place.innerHTML = '<video autoplay playsinline muted></video>';
    document.body.append(place);
    const client = new KINDS[kind](Janus, place, options);
    clients.set(name, client);
    await client.open();
  },
  log: (name) => clientOf(name).log,
  hangup: (name) => clientOf(name).handle?.hangup(),
  watch: (name) => clientOf(name).watch(),
  drop: (name) => clientOf(name).handle?.webrtcStuff.pc?.close(),
  destroy: (name) =>
    new Promise((resolve) => {
      const client = clientOf(name);
      if (client instanceof PikvmClient) client.finish();
      client.janus?.destroy({ success: () => resolve(), error: () => resolve() });
    }),
  received: async (name) => {
    const bytes: Record<string, number> = {};
    const report = await clientOf(name).handle?.webrtcStuff.pc?.getStats();
    for (const stats of report?.values() ?? []) {
      const { type, kind, bytesReceived } = stats as RTCInboundRtpStreamStats;
      if (type === 'inbound-rtp') bytes[kind] = bytesReceived ?? 0;
    }
    return bytes;
  },
  loudness: async (name) => {
    const video = document.querySelector<HTMLVideoElement>(`#${name} video`);
    return video ? await loudnessOf(video) : 0;
  },
  described: (name) => {
    const { offer, answer } = clientOf(name);
    return { offer, answer };
  },
};
Object.assign(window, { janusPage });
