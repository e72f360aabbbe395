import janusGateway, { type JanusJS } from 'janus-gateway';
import adapter from 'webrtc-adapter';

// Its types are those of a CommonJS module, which it is not.
const Janus = janusGateway as unknown as typeof JanusJS.Janus;

/** How a client asks for the picture. */
export type JanusClientKind =
  /** Whoever follows the guide of µStreamer: watch, answer, start. */
  | 'guide'
  /** As TinyPilot: with sound, again on 503, nothing else. */
  | 'tinypilot'
  /** As PiKVM: what the plugin can, then watch with all wishes; again two seconds after an error. */
  | 'pikvm';

/** What a client is opened with. */
export interface JanusClientOptions {
  readonly kind: JanusClientKind;
  readonly server: string;
  readonly plugin?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly apisecret?: string;
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
  /** The offer and the answer. */
  described(name: string): { readonly offer: string | undefined; readonly answer: string | undefined };
}

interface Client {
  readonly janus: JanusJS.Janus;
  readonly log: string[];
  handle?: JanusJS.PluginHandle;
  offer?: string;
  answer?: string;
  watch: () => void;
}

const clients = new Map<string, Client>();
const clientOf = (name: string): Client => {
  const client = clients.get(name);
  if (!client) throw new Error(`no client ${name}`);
  return client;
};

await new Promise<void>((callback) => {
  Janus.init({ debug: false, dependencies: Janus.useDefaultDependencies({ adapter }), callback });
});

const janusPage: JanusPage = {
  open: (name, options) => open(name, options),
  log: (name) => clientOf(name).log,
  hangup: (name) => clientOf(name).handle?.hangup(),
  watch: (name) => clientOf(name).watch(),
  drop: (name) => clientOf(name).handle?.webrtcStuff.pc?.close(),
  destroy: (name) =>
    new Promise((resolve) => {
      clientOf(name).janus.destroy({ success: () => resolve(), error: () => resolve() });
    }),
  received: async (name) => {
    const bytes: Record<string, number> = {};
    const report = await clientOf(name).handle?.webrtcStuff.pc?.getStats();
    for (const stats of report?.values() ?? []) {
      const { type, kind, bytesReceived } = stats as { type: string; kind: string; bytesReceived: number };
      if (type === 'inbound-rtp') bytes[kind] = bytesReceived;
    }
    return bytes;
  },
  described: (name) => {
    const { offer, answer } = clientOf(name);
    return { offer, answer };
  },
};
Object.assign(window, { janusPage });

function open(name: string, options: JanusClientOptions): Promise<void> {
  const { kind, server, token, apisecret } = options;
  const place = document.createElement('div');
  place.id = name;
  place.innerHTML = '<video autoplay playsinline muted></video>';
  document.body.append(place);
  const log: string[] = [];
  return new Promise((resolve) => {
    const janus: JanusJS.Janus = new Janus({
      server,
      iceServers: [],
      ...(kind === 'pikvm' && { ipv6: true, destroyOnUnload: false }),
      ...(token !== undefined && { token }),
      ...(apisecret !== undefined && { apisecret }),
      success: () => {
        const client: Client = { janus, log, watch: () => {} };
        clients.set(name, client);
        attach(client, place, options);
        resolve();
      },
      error: (why: unknown) => {
        log.push(`error ${String(why)}`);
        clients.set(name, { janus, log, watch: () => {} });
        resolve();
      },
      destroyed: () => log.push('destroyed'),
    });
  });
}

function attach(client: Client, place: HTMLElement, options: JanusClientOptions): void {
  const { kind, plugin = 'janus.plugin.ustreamer', params = {} } = options;
  const { janus, log } = client;
  const say = (message: { readonly request: string; readonly params?: object }, jsep?: JanusJS.JSEP) =>
    client.handle?.send({ message, ...(jsep && { jsep }) });
  const wishes = {
    guide: {},
    tinypilot: { params: { audio: true } },
    pikvm: { params: { orientation: 0, audio: true, mic: false, camera: false, ...params } },
  }[kind];
  client.watch = () => say({ request: 'watch', ...wishes, ...(kind === 'guide' && { params }) });
  janus.attach({
    plugin,
    opaqueId: `${kind}-${Janus.randomString(8)}`,
    success: (handle) => {
      client.handle = handle;
      log.push('attached');
      if (kind === 'pikvm') say({ request: 'features' });
      else client.watch();
    },
    error: (why) => log.push(`error ${why}`),
    onmessage: (message, jsep) => {
      const { error_code, error, result } = message as {
        error_code?: number;
        error?: string;
        result?: { status?: string };
      };
      log.push(error_code === undefined ? `event ${result?.status}` : `event ${error_code} ${error}`);
      if (error_code !== undefined) again(error_code);
      else if (kind === 'pikvm' && result?.status === 'features') client.watch();
      if (jsep) answer(jsep);
    },
    webrtcState: (up: boolean, reason?: unknown) => {
      log.push(up ? 'up' : `down ${String(reason)}`);
    },
    onremotetrack: (track, _mid, on, metadata) => {
      const reason = (metadata as { reason?: string } | undefined)?.reason ?? '';
      log.push(`${on ? 'track' : 'track gone'} ${track.kind} ${reason}`.trim());
      const video = place.querySelector('video');
      if (!video || !on) return;
      const stream = video.srcObject instanceof MediaStream ? video.srcObject : new MediaStream();
      for (const old of stream.getTracks()) if (old.kind === track.kind) stream.removeTrack(old);
      stream.addTrack(track.clone());
      video.srcObject = stream;
    },
    ondetached: () => log.push('detached'),
    oncleanup: () => log.push('cleanup'),
  });

  function again(code: number): void {
    if (kind === 'pikvm') {
      setTimeout(() => {
        say({ request: 'stop' });
        client.handle?.hangup();
        client.watch();
      }, 2000);
    } else if (code === 503) {
      client.watch();
    }
  }

  function answer(jsep: JanusJS.JSEP): void {
    client.offer = jsep.sdp ?? '';
    client.handle?.createAnswer({
      jsep,
      ...(kind === 'pikvm'
        ? {
            tracks: [
              { type: 'video', capture: false, recv: true },
              { type: 'audio', capture: false, recv: true },
            ],
            customizeSdp: (mine: JanusJS.JSEP) => {
              mine.sdp = (mine.sdp ?? '').replace('useinbandfec=1', 'useinbandfec=1;stereo=1');
            },
          }
        : { media: { audioSend: false, videoSend: false } }),
      success: (mine) => {
        client.answer = mine.sdp ?? '';
        say({ request: 'start' }, mine);
      },
      error: (why: unknown) => {
        log.push(`error ${String(why)}`);
      },
    });
  }
}
