/** A video element that may start by itself everywhere: muted and inline (WebKit wants the attributes, too). */
export function createVideo(): HTMLVideoElement {
  const video = document.createElement('video');
  video.muted = true;
  video.autoplay = true;
  video.playsInline = true;
  video.setAttribute('muted', '');
  video.setAttribute('playsinline', '');
  return video;
}

/**
 * Plays; where the browser wants a tap first, `blocked` is called once and the next tap or key on the page plays.
 * @returns a function that ends the waiting for a tap
 */
export function play(video: HTMLVideoElement, blocked: () => void): () => void {
  const gestures = new AbortController();
  const again = (): void => {
    gestures.abort();
    video.play().catch(() => blocked());
  };
  video.play().catch((thrown: unknown) => {
    // An AbortError only says that a newer load took over.
    if (!(thrown instanceof DOMException) || thrown.name !== 'NotAllowedError') return;
    if (gestures.signal.aborted) return;
    for (const type of ['pointerup', 'keydown']) {
      document.addEventListener(type, again, { signal: gestures.signal });
    }
    blocked();
  });
  return () => gestures.abort();
}
