import { token } from './token.ts';

/** A camera as this token may see it. */
export interface CameraSummary {
  readonly id: string;
  readonly label: string;
  /** What this token may do with it: `view`, `control`, `record`, `download`, … */
  readonly rights: readonly string[];
  readonly source: {
    /** By which it is configured: `rtsp`, `ustreamer`, … */
    readonly kind: string;
  };
  /** It makes JPEG pictures itself. */
  readonly jpeg: boolean;
}

/** The server said no, or could not be reached. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;

  constructor(status: number, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.status = status;
  }
}

/**
 * Asks the server for a JSON resource under `/api/v1/`, or for a change of it, with this page's token.
 * @returns what came back; undefined when that was nothing
 * @throws {ApiError}
 */
export async function ask(
  path: string,
  {
    body,
    ...options
  }: { readonly method?: string; readonly body?: unknown; readonly signal?: AbortSignal } = {},
): Promise<unknown> {
  const headers = {
    ...(token.value !== undefined && { authorization: `Bearer ${token.value}` }),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  let response: Response;
  try {
    response = await fetch(`/api/v1/${path}`, {
      ...options,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw new ApiError(0, 'The server does not answer.', { cause });
  }
  if (!response.ok) throw new ApiError(response.status, await reasonOf(response));
  return response.status === 204 ? undefined : response.json();
}

/**
 * The cameras that this token may see, in the order of the configuration.
 * @throws {ApiError}
 */
export async function listCameras(
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly CameraSummary[]> {
  const body = (await ask('cameras', options)) as { readonly cameras: readonly CameraSummary[] };
  return body.cameras;
}

async function reasonOf(response: Response): Promise<string> {
  const body: unknown = await response.json().catch(() => undefined);
  if (typeof body === 'object' && body !== null && 'detail' in body) return String(body.detail);
  return `The server answered ${response.status}.`;
}
