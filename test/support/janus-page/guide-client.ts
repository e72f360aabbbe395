import { Client, type PluginEvent } from './client.ts';

/** Whoever follows the guide of µStreamer: watch, again at once on 503, answer, start, show. */
export class GuideClient extends Client {
  open(): Promise<void> {
    return new Promise((resolve) => {
      this.janus = new this.library({
        ...this.connection,
        success: () => {
          this.#attach();
          resolve();
        },
        error: (why: unknown) => {
          this.note(`error ${String(why)}`);
          resolve();
        },
        destroyed: () => this.note('destroyed'),
      });
    });
  }

  watch(): void {
    const { params } = this.options;
    this.say({ request: 'watch', ...(params && { params }) });
  }

  #attach(): void {
    this.janus?.attach({
      ...this.notes,
      plugin: this.options.plugin ?? 'janus.plugin.ustreamer',
      success: (handle) => {
        this.handle = handle;
        this.note('attached');
        this.watch();
      },
      error: (why) => this.note(`error ${why}`),
      onmessage: (message, jsep) => {
        const event = message as PluginEvent;
        this.noteEvent(event);
        if (event.error_code === 503) this.watch();
        else if (jsep) this.start(jsep, { media: { audioSend: false, videoSend: false } });
      },
      onremotetrack: (track, _mid, on, metadata) => {
        const { reason = '' } = (metadata ?? {}) as { readonly reason?: string };
        this.note(`${on ? 'track' : 'track gone'} ${track.kind} ${reason}`.trim());
        if (!on) return;
        const stream = new MediaStream();
        stream.addTrack(track.clone());
        this.video.srcObject = stream;
      },
    });
  }
}
