import { Client, type PluginEvent } from './client.ts';

const AGAIN_AFTER_ERROR_MS = 2000;
const AGAIN_AFTER_LOSS_MS = 1000;
const LOOK_MS = 1000;
/** What the library's types leave out. */
const UNTYPED = { ipv6: true };

/**
 * As PiKVM's page: it asks what the plugin can, and only then to watch, with all its wishes; it asks for a key picture when
 * bytes come and no pictures; it begins anew for ever. Up to 4.61 it asked to watch at once.
 */
export class PikvmClient extends Client {
  #features: Readonly<Record<string, unknown>> = {};
  #looking: ReturnType<typeof setInterval> | undefined;
  #finished = false;

  open(): Promise<void> {
    return new Promise((resolve) => this.#connect(resolve));
  }

  watch(): void {
    const { orientation = 0, audio = true, mic = false, camera = false } = this.options.params ?? {};
    const params = {
      orientation,
      audio: audio === true && this.#features['audio'] === true,
      mic: mic === true && this.#features['mic'] === true,
      camera,
    };
    this.say({ request: 'watch', params });
  }

  /** Lets it be: nothing begins anew. */
  finish(): void {
    this.#finished = true;
    clearInterval(this.#looking);
    this.handle?.detach();
  }

  #connect(settled: () => void = () => {}): void {
    this.janus = new this.library({
      ...this.connection,
      destroyOnUnload: false,
      ...UNTYPED,
      success: () => {
        this.#attach();
        settled();
      },
      error: (why: unknown) => {
        this.note(`error ${String(why)}`);
        this.#again();
        settled();
      },
      destroyed: () => this.note('destroyed'),
    });
  }

  #again(): void {
    clearInterval(this.#looking);
    if (!this.#finished) setTimeout(() => this.#connect(), AGAIN_AFTER_LOSS_MS);
  }

  #attach(): void {
    const more = {
      connectionState: (state: string) => {
        if (state === 'failed') this.janus?.destroy({ success: () => this.#again() });
      },
    };
    this.janus?.attach({
      ...this.notes,
      plugin: this.options.plugin ?? 'janus.plugin.ustreamer',
      opaqueId: `oid-${this.library.randomString(12)}`,
      success: (handle) => {
        this.handle = handle;
        this.note('attached');
        this.say({ request: 'features' });
        if (this.options.hasty) this.say({ request: 'watch', params: { orientation: 0, audio: true } });
      },
      error: (why) => {
        this.note(`error ${why}`);
        this.#again();
      },
      onmessage: (message, jsep) => {
        this.#hear(message as PluginEvent);
        if (jsep) this.#answer(jsep);
      },
      onremotetrack: (track, _mid, _on, metadata) => {
        const { reason } = (metadata ?? {}) as { readonly reason?: string };
        this.note(`track ${track.kind} ${reason}`);
        if (reason === 'created') this.stream.addTrack(track);
        if (reason === 'ended') this.stream.removeTrack(track);
      },
      ...more,
    });
  }

  #hear(event: PluginEvent): void {
    this.noteEvent(event);
    const { error, error_code, result } = event;
    if (error !== undefined || error_code !== undefined) {
      setTimeout(() => {
        this.say({ request: 'stop' });
        this.handle?.hangup();
        this.watch();
      }, AGAIN_AFTER_ERROR_MS);
    } else if (result?.status === 'features') {
      this.#features = result.features ?? {};
      this.note(`features ${JSON.stringify(this.#features)}`);
      if (!this.options.hasty) this.watch();
    } else if (result?.status === 'started') {
      this.note('active');
    } else if (result?.status === 'stopped') {
      this.note('inactive');
    }
  }

  #answer(jsep: Parameters<Client['start']>[0]): void {
    const mic = this.options.params?.['mic'] === true && this.#features['mic'] === true;
    const audio = this.#features['audio'] === true;
    this.start(jsep, {
      tracks: [
        { type: 'video', capture: false, recv: true },
        ...(audio || mic ? [{ type: 'audio', capture: mic, recv: audio }] : []),
      ],
      customizeSdp: (mine: { sdp?: string }) => {
        mine.sdp = (mine.sdp ?? '').replace('useinbandfec=1', 'useinbandfec=1;stereo=1');
      },
    });
    clearInterval(this.#looking);
    this.#looking = setInterval(() => void this.#look(), LOOK_MS);
  }

  async #look(): Promise<void> {
    const kbps = Number.parseInt(String(this.handle?.getBitrate()), 10);
    const fps = this.options.frozen ? 0 : await this.#framesPerSecond();
    if (kbps > 0 && fps === 0) this.say({ request: 'key_required' });
  }

  async #framesPerSecond(): Promise<number> {
    const report = await this.handle?.webrtcStuff.pc?.getStats();
    for (const stats of report?.values() ?? []) {
      const { type, kind, framesPerSecond } = stats as RTCInboundRtpStreamStats;
      if (type === 'inbound-rtp' && kind === 'video') return framesPerSecond ?? 0;
    }
    return 0;
  }
}
