import { type Millis, millis, PinholeError } from '@pinhole/core';

/** A request about recordings that came to nothing, in words. */
export class RecordingsError extends PinholeError {
  override readonly name: string = 'RecordingsError';
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** The server asked not to come back sooner. */
  readonly retryAfterMs?: Millis;

  constructor(
    code: string,
    message: string,
    options: { readonly status: number; readonly retryAfterMs?: Millis; readonly cause?: unknown },
  ) {
    super(code, message, options);
    this.status = options.status;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }

  /** The token does not do, or the camera is none: the same again helps nobody. */
  get refused(): boolean {
    return (
      this.status === 401 || this.status === 403 || (this.status === 404 && this.code === 'camera/unknown')
    );
  }
}

/** What an answer other than success says. Never throws. */
export async function errorOf(response: Response): Promise<RecordingsError> {
  const body: unknown = await response.json().catch(() => undefined);
  const problem = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const { code, detail } = problem;
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  return new RecordingsError(
    typeof code === 'string' ? code : 'recordings/answer',
    typeof detail === 'string' ? detail : `The server answered ${response.status}.`,
    { status: response.status, ...(seconds >= 0 && { retryAfterMs: millis(seconds * 1000) }) },
  );
}
