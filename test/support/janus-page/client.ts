import type { JanusJS } from 'janus-gateway';

/** Janus's own library, as a page loads it. */
export type JanusLibrary = typeof JanusJS.Janus;

/** What a client is opened with. */
export interface ClientOptions {
  readonly server: string;
  readonly plugin?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly token?: string;
  readonly apisecret?: string;
  /** The browser counts no pictures, as some do that have lost their way in the film. */
  readonly frozen?: true;
  /** As a release that does not wait to be told what the plugin can. */
  readonly hasty?: true;
}

/** What a body of the plugin may be, as clients write it. */
export interface PluginMessage {
  readonly request: string;
  readonly params?: object;
}

/** What the plugin says. */
export interface PluginEvent {
  readonly error_code?: number;
  readonly error?: string;
  readonly result?: { readonly status?: string; readonly features?: Readonly<Record<string, unknown>> };
}

/** One client of the plugin in the page, of whatever kind. */
export abstract class Client {
  /** What happened, in words. */
  readonly log: string[] = [];
  readonly options: ClientOptions;
  protected readonly library: JanusLibrary;
  protected readonly place: HTMLElement;
  janus: JanusJS.Janus | undefined;
  handle: JanusJS.PluginHandle | undefined;
  offer: string | undefined;
  answer: string | undefined;

  constructor(library: JanusLibrary, place: HTMLElement, options: ClientOptions) {
    this.library = library;
    this.place = place;
    this.options = options;
  }

  /** Connects, and attaches; resolves when there is a connection, or none. */
  abstract open(): Promise<void>;

  /** Asks for the picture. */
  abstract watch(): void;

  protected say(message: PluginMessage, jsep?: JanusJS.JSEP): void {
    this.handle?.send({ message, ...(jsep && { jsep }) });
  }

  protected note(words: string): void {
    this.log.push(words);
  }

  protected noteEvent({ error_code, error, result }: PluginEvent): void {
    this.note(error_code === undefined ? `event ${result?.status}` : `event ${error_code} ${error}`);
  }

  /** What all of them give the library. No STUN: nothing of a test leaves this machine. */
  protected get connection(): { readonly server: string; readonly iceServers: RTCIceServer[] } {
    const { server, token, apisecret } = this.options;
    return {
      server,
      iceServers: [],
      ...(token !== undefined && { token }),
      ...(apisecret !== undefined && { apisecret }),
    };
  }

  /** What all of them note. */
  protected get notes() {
    return {
      webrtcState: (up: boolean, reason?: unknown) => this.note(up ? 'up' : `down ${String(reason)}`),
      ondetached: () => this.note('detached'),
      oncleanup: () => this.note('cleanup'),
    };
  }

  /** Answers an offer, and starts. */
  protected start(jsep: JanusJS.JSEP, how: object): void {
    this.offer = jsep.sdp ?? '';
    this.handle?.createAnswer({
      jsep,
      ...how,
      success: (mine) => {
        this.answer = mine.sdp ?? '';
        this.say({ request: 'start' }, mine);
      },
      error: (why: unknown) => this.note(`error ${String(why)}`),
    });
  }

  protected get video(): HTMLVideoElement {
    const video = this.place.querySelector('video');
    if (!video) throw new Error('no video');
    return video;
  }

  /** The stream that is shown. */
  protected get stream(): MediaStream {
    const { video } = this;
    if (!(video.srcObject instanceof MediaStream)) video.srcObject = new MediaStream();
    return video.srcObject as MediaStream;
  }
}
