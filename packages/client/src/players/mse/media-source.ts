/** Apple's variant, the only one on an iPhone (17.1 and later); not in the DOM types. */
interface ManagedMediaSource extends MediaSource {
  readonly streaming: boolean;
}

interface MediaSourceConstructor {
  new (): MediaSource;
  isTypeSupported(type: string): boolean;
}

const constructorOf = (): { managed: boolean; source: MediaSourceConstructor } | undefined => {
  const { ManagedMediaSource: managed } = globalThis as { ManagedMediaSource?: MediaSourceConstructor };
  if (managed) return { managed: true, source: managed };
  return typeof MediaSource === 'undefined' ? undefined : { managed: false, source: MediaSource };
};

/** Why MSE cannot be used in this browser, or not for this codec; `undefined` when it can. */
export function mseProblem(codec?: string): string | undefined {
  const available = constructorOf();
  if (!available) return 'This browser has no Media Source Extensions.';
  if (codec === undefined || available.source.isTypeSupported(mimeTypeOf(codec))) return undefined;
  return `This browser cannot play ${codec}.`;
}

/** The media type of a source buffer. */
export const mimeTypeOf = (codec: string): string => `video/mp4; codecs="${codec}"`;

/** What an attached media source tells. */
export interface AttachedMediaSource {
  readonly mediaSource: MediaSource;
  /** The browser wants media now; always so where it does not say. */
  readonly wantsMedia: () => boolean;
  /** Detaches it; the element keeps no picture. */
  readonly detach: () => void;
}

/**
 * Attaches a new media source to a video element.
 * @param handle called when it is open, when a managed one wants media again, and when the browser took it away
 */
export function attachMediaSource(
  video: HTMLVideoElement,
  handle: (event: 'open' | 'wants-media' | 'closed') => void,
): AttachedMediaSource | undefined {
  const available = constructorOf();
  if (!available) return undefined;
  const mediaSource = new available.source();
  const abort = new AbortController();
  const { signal } = abort;
  mediaSource.addEventListener('sourceopen', () => handle('open'), { signal, once: true });
  mediaSource.addEventListener('sourceclose', () => handle('closed'), { signal });
  mediaSource.addEventListener('startstreaming', () => handle('wants-media'), { signal });
  // A managed source never opens where remote playback is possible without an AirPlay alternative.
  if (available.managed) video.disableRemotePlayback = true;
  const url = URL.createObjectURL(mediaSource);
  video.src = url;
  return {
    mediaSource,
    wantsMedia: () => !available.managed || (mediaSource as ManagedMediaSource).streaming,
    detach: () => {
      abort.abort();
      URL.revokeObjectURL(url);
    },
  };
}
