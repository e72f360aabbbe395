import { parseChallenges } from '@pinhole/protocol/authentication';
import {
  parseSessionHeader,
  RTSP_STATUS,
  type RtspResponse,
  serializeRtspRequest,
} from '@pinhole/protocol/rtsp';
import { Authorization } from '../../authorization.ts';
import type { RtspCode } from '../rtsp-code.ts';
import type { RtspConnection } from './rtsp-connection.ts';
import { RtspError } from './rtsp-error.ts';
import type { RtspTarget } from './rtsp-target.ts';

/** Sent as it is: some cameras tell clients apart by it, and need one. */
const USER_AGENT = 'Pinhole';

/** A second refusal is final, unless the camera says that its nonce was too old. */
const MAX_TRIES = 4;

/** Speaks RTSP on one connection: numbers requests, proves who we are, keeps the session. */
export class RtspClient {
  readonly #connection: RtspConnection;
  readonly #authorization: Authorization | undefined;
  #sequence = 0;
  #session: string | undefined;
  #timeoutSeconds = 60;

  constructor(connection: RtspConnection, { credentials }: Pick<RtspTarget, 'credentials'>) {
    this.#connection = connection;
    this.#authorization = credentials && new Authorization(credentials);
  }

  /** The camera forgets the session when it hears nothing for so long. */
  get timeoutSeconds(): number {
    return this.#timeoutSeconds;
  }

  /** A session was set up. */
  get hasSession(): boolean {
    return this.#session !== undefined;
  }

  /**
   * Sends a request, again with a proof when the camera wants one.
   * @returns the answer, whatever its status but for 401 and 403.
   * @throws {RtspError} `source/unauthorized`, and as `RtspConnection.exchange`
   */
  async request(
    method: string,
    url: string,
    headers: readonly (readonly [string, string])[] = [],
  ): Promise<RtspResponse> {
    let proved = this.#authorization?.header({ method, url });
    for (let tries = 1; ; tries++) {
      const response = await this.#connection.exchange(this.#serialize(method, url, headers, proved));
      this.#keepSession(response);
      if (response.status === RTSP_STATUS.forbidden) throw unauthorized('does not let this user in (403)');
      if (response.status !== RTSP_STATUS.unauthorized) return response;
      if (this.#authorization === undefined) {
        throw unauthorized(
          'wants a user name and password: write them into its address, user:password and an @ before the host',
        );
      }
      const offered = parseChallenges(response.headers.all('WWW-Authenticate'));
      // The first proof may have been made with a nonce of an earlier request, which cameras change as they like.
      const stale = offered.some(({ parameters }) => /^true$/i.test(parameters.get('stale') ?? ''));
      if ((proved !== undefined && tries > 1 && !stale) || tries >= MAX_TRIES) {
        throw unauthorized('refused the user name or password (401)');
      }
      if (this.#authorization.challenge(offered) === undefined) {
        throw unauthorized(
          `wants ${
            offered
              .map(({ scheme }) => scheme)
              .join(', ')
              .slice(0, 40) || 'a proof'
          } that we cannot give: set it to Digest`,
        );
      }
      proved = this.#authorization.header({ method, url });
    }
  }

  #serialize(
    method: string,
    url: string,
    headers: readonly (readonly [string, string])[],
    proof: string | undefined,
  ): Uint8Array {
    return serializeRtspRequest({
      method,
      url,
      headers: [
        ['CSeq', String(++this.#sequence)],
        ['User-Agent', USER_AGENT],
        ...(this.#session === undefined ? [] : [['Session', this.#session] as const]),
        ...(proof === undefined ? [] : [['Authorization', proof] as const]),
        ...headers,
      ],
    });
  }

  #keepSession({ headers }: RtspResponse): void {
    const header = headers.get('Session');
    if (header === undefined || header === '') return;
    const { id, timeoutSeconds } = parseSessionHeader(header);
    // Later answers often leave the timeout out.
    if (this.#session === undefined || /timeout/i.test(header)) this.#timeoutSeconds = timeoutSeconds;
    this.#session = id;
  }
}

const unauthorized = (why: string): RtspError => new RtspError('source/unauthorized', `the camera ${why}`);

const BY_STATUS: Readonly<Record<number, readonly [RtspCode, string]>> = {
  [RTSP_STATUS.notFound]: ['source/not-found', 'has nothing at this path: check the path in the URL'],
  [RTSP_STATUS.gone]: ['source/not-found', 'has nothing at this path any more: check the path in the URL'],
  [RTSP_STATUS.notEnoughBandwidth]: [
    'source/failed',
    'serves no more clients: end others, or raise its limit',
  ],
  [RTSP_STATUS.sessionNotFound]: ['source/ended', 'forgot the session'],
  [RTSP_STATUS.unsupportedTransport]: [
    'source/failed',
    'does not send RTP this way: try the other one, ?transport=udp or ?transport=tcp',
  ],
  [RTSP_STATUS.serviceUnavailable]: ['source/failed', 'is not ready, or serves no more clients'],
};

/** The answer, when it is a success. @throws {RtspError} what its status means */
export function successful(method: string, response: RtspResponse): RtspResponse {
  const { status, reason } = response;
  if (status >= 200 && status < 300) return response;
  const [code, why] = BY_STATUS[status] ?? ['source/failed', `refused ${method}`];
  const printable = reason.replace(/[^\x20-\x7e]/g, '').slice(0, 60);
  throw new RtspError(code, `the camera ${why} (${method}: ${status} ${printable})`);
}
