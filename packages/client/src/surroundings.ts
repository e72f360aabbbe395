/** What happens round the player. */
export type SurroundingsEvent =
  | { readonly kind: 'network'; readonly online: boolean }
  /** Another network, as far as the browser tells. */
  | { readonly kind: 'network-changed' }
  | { readonly kind: 'page'; readonly visible: boolean }
  /** The page is leaving for good or into the back/forward cache. */
  | { readonly kind: 'page-hide' }
  /** The page came out of the back/forward cache. */
  | { readonly kind: 'page-show' };

/**
 * Tells when the network, the page or its visibility changes.
 * @returns a function that ends it
 */
export function watchSurroundings(handle: (event: SurroundingsEvent) => void): () => void {
  const abort = new AbortController();
  const { signal } = abort;
  const on = (target: EventTarget, type: string, event: () => SurroundingsEvent): void =>
    target.addEventListener(type, () => handle(event()), { signal });
  on(window, 'online', () => ({ kind: 'network', online: true }));
  on(window, 'offline', () => ({ kind: 'network', online: false }));
  on(document, 'visibilitychange', () => ({ kind: 'page', visible: isVisible() }));
  on(window, 'pagehide', () => ({ kind: 'page-hide' }));
  window.addEventListener('pageshow', (event) => event.persisted && handle({ kind: 'page-show' }), {
    signal,
  });
  // Network Information API: Chromium only, and not in the DOM types. Estimates of speed change all the time; only
  // another kind of network is news.
  const { connection } = navigator as { readonly connection?: EventTarget & { readonly type?: string } };
  let kind = connection?.type;
  const changed = (): void => {
    if (connection?.type === kind) return;
    kind = connection?.type;
    handle({ kind: 'network-changed' });
  };
  connection?.addEventListener('change', changed, { signal });
  return () => abort.abort();
}

/** Whether somebody can see the page; picture-in-picture outlives its tab. */
export const isVisible = (): boolean =>
  document.visibilityState === 'visible' || document.pictureInPictureElement != null;
