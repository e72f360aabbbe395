import { micros } from '@pinhole/core';
import { joinAnnexB } from '@pinhole/media/h264';
import { afterEach, describe, expect, it } from 'vitest';
import { fixtureUnits } from '../../../../test/support/fixture-units.ts';
import { h264Fixture } from '../../../../test/support/h264-fixture.ts';
import { NodeMediaStream } from './node-media-stream.ts';
import {
  type NodeCandidateEvent,
  NodePeerConnection,
  type NodeSessionDescription,
  type NodeTrackEvent,
} from './node-peer-connection.ts';
import type { NodeReceivedTrack, ReceivedUnit } from './node-received-track.ts';
import { NodeVideoTrack } from './node-video-track.ts';

const INTERVAL = micros(33_333);
const HERE = { hostAddresses: ['127.0.0.1'] };

/** A camera that begins again with each key picture that it is asked for. */
class Film {
  readonly track = new NodeVideoTrack({ onKeyFrameRequest: () => (this.#at = 0) });
  readonly #units = fixtureUnits(h264Fixture('baseline'), { interval: INTERVAL });
  #at = 0;
  #time = 0;
  readonly #timer = setInterval(() => {
    const unit = this.#units[this.#at++ % this.#units.length];
    if (unit === undefined) return;
    this.#time += INTERVAL;
    this.track.write({ data: joinAnnexB(unit.nalUnits), captureTime: micros(this.#time) });
  }, 10);

  close(): void {
    clearInterval(this.#timer);
    this.track.stop();
  }
}

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

function connection(): NodePeerConnection {
  const made = new NodePeerConnection(HERE);
  closers.push(() => made.close());
  return made;
}

function film(): Film {
  const made = new Film();
  closers.push(() => made.close());
  return made;
}

/** Signaling that keeps the order, as a WebSocket does. */
class Wire {
  #last: Promise<void> = Promise.resolve();

  do(step: () => Promise<void>): Promise<void> {
    this.#last = this.#last.then(step);
    return this.#last;
  }
}
const wires = new WeakMap<NodePeerConnection, Wire>();

function trickle(from: NodePeerConnection, to: NodePeerConnection): void {
  const wire = new Wire();
  wires.set(from, wire);
  from.addEventListener('icecandidate', (event) => {
    void wire.do(() => to.addIceCandidate((event as NodeCandidateEvent).candidate));
  });
}

async function negotiate(
  from: NodePeerConnection,
  to: NodePeerConnection,
  options: { readonly iceRestart?: boolean } = {},
): Promise<void> {
  const offer = await from.createOffer(options);
  const offered = wires.get(from)?.do(() => to.setRemoteDescription(offer));
  await from.setLocalDescription(offer);
  await offered;
  const answer = await to.createAnswer();
  const answered = wires.get(to)?.do(() => from.setRemoteDescription(answer));
  await to.setLocalDescription(answer);
  await answered;
}

const receivedBy = (viewer: NodePeerConnection): Promise<NodeReceivedTrack> =>
  new Promise((resolve) => {
    viewer.addEventListener('track', (event) => resolve((event as NodeTrackEvent).track));
  });

async function connected(viewers = 1) {
  const source = film();
  const pairs = await Promise.all(
    Array.from({ length: viewers }, async () => {
      const [camera, viewer] = [connection(), connection()];
      trickle(camera, viewer);
      trickle(viewer, camera);
      camera.addTrack(source.track, new NodeMediaStream([source.track]));
      const track = receivedBy(viewer);
      await negotiate(camera, viewer);
      return { camera, viewer, track: await track };
    }),
  );
  return { source, pairs };
}

describe('two connections in Node', () => {
  it('carry pictures to each of two viewers, whole, the first one a key picture', async () => {
    const { pairs } = await connected(2);
    const taken = await Promise.all(pairs.map(({ track }) => units(track, 20)));
    const sent = fixtureUnits(h264Fixture('baseline'), { interval: INTERVAL });

    for (const received of taken) {
      expect(received[0]?.key).toBe(true);
      const known = new Set(sent.map(({ nalUnits }) => Buffer.from(joinAnnexB(nalUnits)).toString('hex')));
      for (const { data } of received) expect(known).toContain(Buffer.from(data).toString('hex'));
    }
    expect(pairs.map(({ camera }) => camera.connectionState)).toEqual(['connected', 'connected']);
  });

  it('ask the camera for a key picture when a viewer wants one', async () => {
    const { source, pairs } = await connected();
    const [pair] = pairs;
    if (pair === undefined) throw new Error('no pair');
    await units(pair.track, 5);
    const before = source.track.counters.keyFrameRequests;

    await expect
      .poll(() => {
        pair.track.requestKeyFrame();
        return source.track.counters.keyFrameRequests;
      })
      .toBeGreaterThan(before);
  });

  it('go on after an ICE restart', async () => {
    const { pairs } = await connected();
    const [pair] = pairs;
    if (pair === undefined) throw new Error('no pair');
    await units(pair.track, 5);

    await negotiate(pair.camera, pair.viewer, { iceRestart: true });

    await units(pair.track, 40);
    expect(pair.camera.connectionState).toBe('connected');
  });
});

describe('a description of a stranger', () => {
  const OFFER = [
    'v=0',
    'o=- 1 1 IN IP4 0.0.0.0',
    's=-',
    't=0 0',
    'a=group:BUNDLE 0',
    'm=video 9 UDP/TLS/RTP/SAVPF 96',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=sendonly',
    'a=rtcp-mux',
    'a=ice-ufrag:abcd',
    'a=ice-pwd:0123456789012345678901',
    `a=fingerprint:sha-256 ${Array.from({ length: 32 }, () => 'AB').join(':')}`,
    'a=setup:actpass',
    'a=rtpmap:96 VP8/90000',
  ];
  const offer = (lines: readonly string[]): NodeSessionDescription => ({
    type: 'offer',
    sdp: `${lines.join('\r\n')}\r\n`,
  });

  it.each([
    ['no SDP', { type: 'offer', sdp: 'test-sdp-offer' }, 'webrtc/malformed-offer'],
    ['no H.264', offer(OFFER), 'webrtc/no-h264'],
    [
      'data channels',
      offer([...OFFER, 'm=application 9 UDP/DTLS/SCTP webrtc-datachannel']),
      'webrtc/unsupported',
    ],
    [
      'no fingerprint',
      offer(OFFER.filter((line) => !line.startsWith('a=fingerprint'))),
      'webrtc/malformed-offer',
    ],
    ['no section', offer(OFFER.slice(0, 5)), 'webrtc/unsupported'],
  ] as const)('with %s is refused', async (_, description, code) => {
    await expect(connection().setRemoteDescription(description)).rejects.toMatchObject({ code });
  });

  it('leads no checks to addresses of this machine that it does not listen on', async () => {
    const { isUsableCandidate } = await import('./screen-description.ts');
    const candidate = (address: string) => `candidate:1 1 udp 1 ${address} 9 typ host`;

    expect(
      ['127.0.0.1', '192.0.2.1', '169.254.1.1', 'camera.local', '224.0.0.1'].map((address) => [
        address,
        isUsableCandidate(candidate(address), ['192.0.2.7']),
      ]),
    ).toEqual([
      ['127.0.0.1', false],
      ['192.0.2.1', true],
      ['169.254.1.1', false],
      ['camera.local', false],
      ['224.0.0.1', false],
    ]);
  });
});

const units = (track: NodeReceivedTrack, count: number): Promise<readonly ReceivedUnit[]> =>
  new Promise((resolve) => {
    const taken: ReceivedUnit[] = [];
    const stop = track.subscribe((unit) => {
      taken.push(unit);
      if (taken.length < count) return;
      stop();
      resolve(taken);
    });
  });
