import { Client, type PluginEvent } from './client.ts';

/** So long after attaching it asks again when the plugin says 503. */
const WATCH_FOR_MS = 60_000;

/**
 * As TinyPilot's page: it asks for sound always, and takes a track that falls silent for one that is gone; once anything of
 * Janus failed it shows MJPEG until it is loaded anew.
 */
export class TinypilotClient extends Client {
  #watchesUntil = 0;

  open(): Promise<void> {
    return new Promise((resolve) => {
      this.janus = new this.library({
        ...this.connection,
        success: () => {
          this.#attach();
          resolve();
        },
        error: () => {
          this.note('mode mjpeg');
          resolve();
        },
        destroyed: () => this.note('destroyed'),
      });
    });
  }

  watch(): void {
    this.say({ request: 'watch', params: { audio: true } });
  }

  #attach(): void {
    this.janus?.attach({
      ...this.notes,
      plugin: this.options.plugin ?? 'janus.plugin.ustreamer',
      opaqueId: `tinypilot-${this.library.randomString(8)}`,
      success: (handle) => {
        this.handle = handle;
        this.note('attached');
        this.#watchesUntil = performance.now() + WATCH_FOR_MS;
        this.watch();
      },
      error: () => this.note('mode mjpeg'),
      onmessage: (message, jsep) => {
        const event = message as PluginEvent;
        this.noteEvent(event);
        if (event.error_code === 503 && performance.now() < this.#watchesUntil) this.watch();
        if (jsep) this.start(jsep, { media: { audioSend: false, videoSend: false } });
      },
      onremotetrack: (track, _mid, on) => {
        this.note(`${on ? 'track' : 'track gone'} ${track.kind}`);
        if (!on) {
          this.stream.removeTrack(track);
          return;
        }
        this.stream.addTrack(track);
        void this.#show();
      },
    });
  }

  /** The picture in place of MJPEG: once there is one and the browser plays it, at least without sound. */
  async #show(): Promise<void> {
    if (this.stream.getVideoTracks().length === 0) return;
    try {
      await this.video.play();
    } catch {
      this.video.muted = true;
      await this.video.play().catch(() => {});
    }
    if (!this.video.paused && this.log.at(-1) !== 'mode h264') this.note('mode h264');
  }
}
