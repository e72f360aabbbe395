import { signal } from '@preact/signals';
import { ApiError, type CameraSummary, listCameras } from './api.ts';
import { token } from './token.ts';

/** What is known of the cameras of this server. */
export type CameraList =
  | { readonly kind: 'asking' }
  | { readonly kind: 'known'; readonly cameras: readonly CameraSummary[] }
  /** The token, or its absence, does not open this server. */
  | { readonly kind: 'refused'; readonly reason?: string }
  | { readonly kind: 'unreachable'; readonly reason: string };

/** Kept up to date by `followCameras`. */
export const cameraList = signal<CameraList>({ kind: 'asking' });

const REFRESH_MS = 10_000;
const RETRY_MS = 2_000;

/**
 * Asks for the cameras now and again, and at once when the token changes or the network comes back.
 * @returns a function that ends it.
 */
export function followCameras(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let current = new AbortController();

  const refresh = async (): Promise<void> => {
    clearTimeout(timer);
    current.abort();
    const asked = new AbortController();
    current = asked;
    const found = await look(asked.signal);
    if (asked.signal.aborted) return;
    cameraList.value = found;
    if (found.kind === 'refused') return;
    timer = setTimeout(() => void refresh(), found.kind === 'known' ? REFRESH_MS : RETRY_MS);
  };

  const wake = (): void => void refresh();
  addEventListener('online', wake);
  const stopWatchingToken = token.subscribe(wake);
  return () => {
    clearTimeout(timer);
    current.abort();
    removeEventListener('online', wake);
    stopWatchingToken();
  };
}

async function look(signal: AbortSignal): Promise<CameraList> {
  try {
    return { kind: 'known', cameras: await listCameras({ signal }) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 401 || error.status === 403) {
      // Without a token there is nothing to complain about: the sign-in page says what to do.
      return token.value === undefined ? { kind: 'refused' } : { kind: 'refused', reason: error.message };
    }
    return { kind: 'unreachable', reason: error.message };
  }
}
