import { type Micros, micros, silentLogger } from '@pinhole/core';
import {
  Cameras,
  type Identity,
  type Peer,
  type PeerRequest,
  ViewerRegistry,
  ViewerSessions,
} from '@pinhole/engine';
import { createWhepHandler, type WhepHandler, type WhepHandlerOptions } from '@pinhole/signaling/whep';
import { type ScriptedSource, scriptedCamera } from './scripted-camera.ts';

const ICE = ['a=ice-ufrag:EsAw', 'a=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1'];
export const VIDEO = 'm=video 9 UDP/TLS/RTP/SAVPF 96';

/** An SDP of these lines, with the viewer's ICE credentials. */
export const viewerSdp = (...lines: string[]): string =>
  ['v=0', 'o=- 1 1 IN IP4 0.0.0.0', 's=-', ...lines, ...ICE, ''].join('\r\n');

export const OFFER = viewerSdp(VIDEO, 'a=recvonly', 'a=setup:actpass');
export const ANSWER = OFFER.replace('recvonly', 'sendonly').replace('EsAw', 'server-ufrag');
export const FRAGMENT = [...ICE, VIDEO, 'a=mid:0', 'a=candidate:1 1 udp 1 192.0.2.1 9 typ host', ''].join(
  '\r\n',
);

export const ann: Identity = { tokenId: 'ann', address: '192.0.2.7' };
export const bob: Identity = { tokenId: 'bob', address: '192.0.2.8' };

/** A WHEP handler over the real engine, with a camera and a WebRTC stack that do what the test says. */
export class WhepRig {
  now: Micros = micros(1_700_000_000_000_000);
  /** What the viewers' peers were given. */
  readonly candidates: string[] = [];
  /** Further offers. */
  readonly offers: string[] = [];
  /** Answers a further offer. */
  renegotiate: (offer: string) => Promise<string> = () => Promise.resolve(ANSWER);
  readonly source: ScriptedSource;
  readonly registry: ViewerRegistry;
  readonly handler: WhepHandler;
  /** Opens the peer of each offer. */
  openPeer: (request: PeerRequest) => Promise<Peer> = () => Promise.resolve(this.#peer());
  /** Stands in for the program's timer. */
  readonly tick: () => void;

  constructor(options: Partial<WhepHandlerOptions> = {}) {
    const now = () => this.now;
    const { camera, source } = scriptedCamera({ id: 'front door', now });
    this.source = source;
    this.tick = () => camera.tick();
    let ids = 0;
    const limits = { total: 2, perCamera: 2, perAddress: 2 };
    this.registry = new ViewerRegistry({ limits, now, newId: () => `session-${++ids}` });
    const peers = {
      open: (request: PeerRequest) => this.openPeer(request),
      offer: () => Promise.reject(new Error('viewers of WHEP make the offers')),
    };
    this.handler = createWhepHandler({
      sessions: new ViewerSessions({ peers, registry: this.registry, now, log: silentLogger }),
      cameras: new Cameras([camera]),
      iceServers: () => [{ urls: ['turn:t.example.net'], username: 'u', credential: 'c' }],
      allowOrigin: (origin) => origin === 'https://page.example.net',
      log: silentLogger,
      ...options,
    });
  }

  /** A request to the endpoint, by Ann. */
  ask(method: string, init: RequestInit = {}, camera = 'front door'): Promise<Response> {
    const request = new Request('http://pinhole.test/whep/front%20door', { method, ...init });
    return this.handler.endpoint(request, { camera, identity: ann });
  }

  post(body: BodyInit, contentType = 'application/sdp'): Promise<Response> {
    return this.ask('POST', { body, headers: { 'Content-Type': contentType } });
  }

  /** Ann's offer, answered by the first picture of the camera. */
  async openLive(): Promise<Response> {
    const response = this.post(OFFER);
    await this.started();
    this.source.frame({ key: true });
    return await response;
  }

  /** Until the camera runs. */
  async started(): Promise<void> {
    while (!this.source.running) await new Promise(setImmediate);
  }

  /** A request to a session, by Ann unless told otherwise. */
  askSession(
    method: string,
    init: RequestInit = {},
    { identity = ann, admin = false, session = 'session-1' } = {},
  ): Promise<Response> {
    const request = new Request(`http://pinhole.test/whep/front%20door/${session}`, { method, ...init });
    return this.handler.session(request, { camera: 'front door', session, identity, admin });
  }

  patch(body: string, headers: Record<string, string>): Promise<Response> {
    const type = { 'Content-Type': 'application/trickle-ice-sdpfrag' };
    return this.askSession('PATCH', { body, headers: { ...type, ...headers } });
  }

  #peer(): Peer {
    return {
      answer: ANSWER,
      addCandidate: (candidate) => {
        this.candidates.push(candidate);
        return candidate.includes('refused') ? Promise.reject(new Error('no such host')) : Promise.resolve();
      },
      renegotiate: (offer) => {
        this.offers.push(offer);
        return this.renegotiate(offer);
      },
      stats: () => ({
        packetsSent: 0,
        bytesSent: 0,
        nacksReceived: 0,
        packetsResent: 0,
        keyFramesRequested: 0,
      }),
      close: () => Promise.resolve(),
    };
  }
}

/** The code of a problem, when the response is one and says the same status inside and outside. */
export async function problemCode(response: Response): Promise<string | undefined> {
  if (response.headers.get('Content-Type') !== 'application/problem+json') return undefined;
  const problem = (await response.json()) as { status: number; code: string };
  return problem.status === response.status ? problem.code : undefined;
}
