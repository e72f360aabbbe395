import { micros, PinholeError, silentLogger } from '@pinhole/core';
import { describe, expect, it } from 'vitest';
import { Camera } from '../stream/camera.ts';
import { fakeUnit } from '../stream/fake-units.ts';
import type { Source, SourceSink } from '../stream/source.ts';
import type { OfferedPeer, Peer, PeerFactory, PeerMedia, PeerRequest } from './peer.ts';
import { ViewerRegistry } from './viewer-registry.ts';
import { ViewerSessions } from './viewer-sessions.ts';

const WHO = { tokenId: 'guest', address: '127.0.0.1' };

/** A factory whose peers the test plays. */
class HandPeers implements PeerFactory {
  readonly requests: (PeerMedia & Partial<PeerRequest>)[] = [];
  readonly closed: number[] = [];
  readonly accepted: string[] = [];
  refusal: PinholeError | undefined;

  async open(request: PeerRequest): Promise<Peer> {
    return { ...(await this.#peer(request)), answer: 'v=0', renegotiate: () => Promise.resolve('v=0') };
  }

  async offer(media: PeerMedia): Promise<OfferedPeer> {
    const accept = (answer: string) => Promise.resolve(void this.accepted.push(answer));
    return { ...(await this.#peer(media)), offer: 'v=0 offer', accept };
  }

  #peer(request: PeerMedia): Promise<Omit<Peer, 'answer' | 'renegotiate'>> {
    if (this.refusal) return Promise.reject(this.refusal);
    const index = this.requests.push(request) - 1;
    return Promise.resolve({
      addCandidate: () => Promise.resolve(),
      stats: () => ({
        packetsSent: 1,
        bytesSent: 2,
        nacksReceived: 0,
        packetsResent: 0,
        keyFramesRequested: 0,
      }),
      close: () => {
        this.closed.push(index);
        return Promise.resolve();
      },
    });
  }
}

const setUp = () => {
  const clock = { second: 0 };
  const now = () => micros(clock.second * 1e6);
  let sourceSink: SourceSink | undefined;
  const source: Source = {
    start: (sink, { signal }) => {
      sourceSink = sink;
      sink.write(fakeUnit({ sequence: 0, key: true }));
      return new Promise((resolve) => {
        signal.addEventListener('abort', resolve);
      });
    },
    requestKeyFrame: () => {},
    describe: () => ({ kind: 'hand', label: 'by hand', keyFrameOnRequest: false }),
    controls: () => [],
    setControl: () => Promise.resolve(),
  };
  const camera = new Camera({
    id: 'door',
    source,
    now,
    openAbort: () => new AbortController(),
    log: silentLogger,
  });
  const peers = new HandPeers();
  let ids = 0;
  const limits = { total: 2, perCamera: 10, perAddress: 10 };
  const registry = new ViewerRegistry({ limits, now, newId: () => `id-${ids++}` });
  const sessions = new ViewerSessions({ peers, registry, now, log: silentLogger });
  const at = (second: number): void => {
    clock.second = second;
    sessions.tick();
  };
  return {
    camera,
    peers,
    registry,
    sessions,
    at,
    write: (unit: Parameters<typeof fakeUnit>[0]) => sourceSink?.write(fakeUnit(unit)),
  };
};

describe('an offer', () => {
  it('starts the camera and is answered', async () => {
    const { camera, sessions, registry } = setUp();
    await expect(sessions.offer(camera, 'v=0', WHO)).resolves.toEqual({ id: 'id-0', answer: 'v=0' });
    expect(camera.holders).toBe(1);
    expect(registry.list()).toMatchObject([{ transport: 'webrtc', state: 'connecting' }]);
  });

  it('that cannot be served leaves nothing behind', async () => {
    const { camera, peers, sessions, registry } = setUp();
    peers.refusal = new PinholeError('webrtc/no-h264', 'the browser offers no H.264');
    await expect(sessions.offer(camera, 'v=0', WHO)).rejects.toThrowError(/no H\.264/);
    expect(registry.list()).toEqual([]);
    expect(camera.holders).toBe(0);
  });

  it('beyond the limit is refused while the others stay', async () => {
    const { camera, sessions, registry } = setUp();
    await sessions.offer(camera, 'v=0', WHO);
    await sessions.offer(camera, 'v=0', WHO);
    await expect(sessions.offer(camera, 'v=0', WHO)).rejects.toThrowError(
      expect.objectContaining({ code: 'session/limit' }),
    );
    expect(registry.list()).toHaveLength(2);
  });
});

describe('the wishes of a protocol', () => {
  const patience = { connect: micros(60e6), recovery: micros(60e6), silence: micros(10e6) };

  it('hold for the peer, its patience, and who is told of its states', async () => {
    const { camera, peers, registry, sessions, at } = setUp();
    const states: string[] = [];
    await sessions.offer(camera, 'v=0', WHO, {
      patience,
      peer: { video: 'if-offered', msid: { stream: 'garden', video: 'v', audio: 'a' } },
      changed: ({ kind }) => states.push(kind),
    });
    expect(peers.requests[0]).toMatchObject({
      offer: 'v=0',
      video: 'if-offered',
      msid: { stream: 'garden' },
    });

    at(59);
    peers.requests[0]?.handle({ kind: 'connected' });
    peers.requests[0]?.handle({ kind: 'heard' });
    peers.requests[0]?.handle({ kind: 'disconnected' });
    at(118);
    expect(registry.list()).toHaveLength(1);
    at(119);
    expect(registry.list()).toEqual([]);
    expect(states).toEqual(['live', 'recovering', 'closed']);
  });

  it('may spare the wait for a picture that is not taken', async () => {
    const { peers, sessions, registry } = setUp();
    const source: Source = {
      start: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', resolve)),
      requestKeyFrame: () => {},
      describe: () => ({ kind: 'dark', label: 'no picture', keyFrameOnRequest: false }),
      controls: () => [],
      setControl: () => Promise.resolve(),
    };
    const dark = new Camera({
      id: 'dark',
      source,
      now: () => micros(0),
      openAbort: () => new AbortController(),
      log: silentLogger,
    });

    await sessions.offer(dark, 'v=0', WHO, { picture: 'needless' });

    expect([peers.requests.length, registry.list().length, dark.holders]).toEqual([1, 1, 1]);
  });

  it('include a further offer on the same connection, while there is one', async () => {
    const { camera, peers, sessions } = setUp();
    const { id } = await sessions.offer(camera, 'v=0', WHO);

    await expect(sessions.renegotiate(id, 'v=0 again')).resolves.toBe('v=0');

    peers.requests[0]?.handle({ kind: 'left' });
    await expect(sessions.renegotiate(id, 'v=0 late')).rejects.toMatchObject({ code: 'session/unknown' });
  });
});

describe('an invited viewer', () => {
  it('is made an offer when its camera is ready, and answers it later', async () => {
    const { camera, peers, registry, sessions } = setUp();

    const { id, offer } = await sessions.invite(camera, WHO, { peer: { audio: 'send' } });
    await sessions.accept(id, 'v=0 answer');

    expect(offer).toBe('v=0 offer');
    expect(peers.requests).toMatchObject([{ audio: 'send', who: WHO }]);
    expect(peers.accepted).toEqual(['v=0 answer']);
    expect(registry.list()).toMatchObject([{ id, state: 'connecting' }]);
    await expect(sessions.renegotiate(id, 'v=0')).rejects.toMatchObject({ code: 'webrtc/unsupported' });
  });

  it('that never answers is reaped', async () => {
    const { camera, peers, sessions, at } = setUp();
    const { id } = await sessions.invite(camera, WHO);

    at(15);

    expect(peers.closed).toEqual([0]);
    await expect(sessions.accept(id, 'v=0')).rejects.toMatchObject({ code: 'session/unknown' });
  });

  it('is not one who made an offer', async () => {
    const { camera, sessions } = setUp();
    const { id } = await sessions.offer(camera, 'v=0', WHO);

    await expect(sessions.accept(id, 'v=0')).rejects.toMatchObject({ code: 'webrtc/unsupported' });
  });
});

describe('a session', () => {
  it('that never connects is reaped and its peer closed', async () => {
    const { camera, peers, registry, sessions, at } = setUp();
    await sessions.offer(camera, 'v=0', WHO);
    at(15);
    expect(peers.closed).toEqual([0]);
    expect(registry.ends.get('timeout')).toBe(1);
    expect(camera.holders).toBe(0);
  });

  it('whose viewer left is closed at once, and only that one', async () => {
    const { camera, peers, registry, sessions } = setUp();
    const { id } = await sessions.offer(camera, 'v=0', WHO);
    await sessions.offer(camera, 'v=0', WHO);
    peers.requests[0]?.handle({ kind: 'connected' });
    peers.requests[0]?.handle({ kind: 'left' });
    expect(peers.closed).toEqual([0]);
    expect(registry.list()).toHaveLength(1);
    expect(sessions.find(id)).toBeUndefined();
    expect(() => sessions.close(id, 'left')).toThrowError(
      expect.objectContaining({ code: 'session/unknown' }),
    );
  });

  it('goes on counting in the totals when it is over', async () => {
    const { camera, peers, sessions } = setUp();
    await sessions.offer(camera, 'v=0', WHO);
    await sessions.offer(camera, 'v=0', WHO);
    peers.requests[0]?.handle({ kind: 'left' });
    peers.requests[0]?.handle({ kind: 'left' });
    expect(sessions.totals).toMatchObject({ packetsSent: 2, bytesSent: 4, nacksUnanswered: 0 });
  });

  it('ends when its token is revoked', async () => {
    const { camera, peers, registry, sessions } = setUp();
    await sessions.offer(camera, 'v=0', WHO);
    registry.endWhere(({ who }) => who.tokenId === 'guest', 'revoked');
    expect(peers.closed).toEqual([0]);
    expect(registry.ends.get('revoked')).toBe(1);
  });

  it('ends with its reason when B-frames turn up, which WebRTC cannot show', async () => {
    const { camera, peers, registry, sessions, write } = setUp();
    await sessions.offer(camera, 'v=0', WHO);
    write({ sequence: 1, sliceType: 'B', refIdc: 0 });
    write({ sequence: 2, key: true });
    expect(peers.closed).toEqual([0]);
    expect(registry.ends.get('b-frames')).toBe(1);
  });
});
